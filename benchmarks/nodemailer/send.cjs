// nodemailer's pooled transport as a peer: one message a subscriber, its HTML and text merged and encoded for each, as its users write it.
//     node send.cjs PORT SUBSCRIBERS CONNECTIONS DIGEST.html DIGEST.txt
// In both files {{name}} and {{link}} stand for what differs. Ends with 1 when a message was refused.
const fs = require('node:fs');
const nodemailer = require('nodemailer');

const [port, subscribers, connections] = process.argv.slice(2, 5).map(Number);
const [html, text] = process.argv.slice(5, 7).map(file => fs.readFileSync(file, 'utf8'));
const transport = nodemailer.createTransport({
  pool: true, host: '127.0.0.1', port, ignoreTLS: true, maxConnections: connections, maxMessages: Infinity,
});

function message(number) {
  const link = `https://news.benchmark.example/u/${number}`;
  const merged = part => part.replaceAll('{{name}}', `Subscriber ${number}`).replaceAll('{{link}}', link);
  return {
    from: 'The Benchmark <weekly@benchmark.example>',
    to: { name: `Subscriber ${number}`, address: `subscriber${number}@mail${number % 50}.example.com` },
    subject: 'The week', messageId: `<${number}.2023-W41@benchmark.example>`, html: merged(html), text: merged(text),
    textEncoding: 'quoted-printable', headers: { 'List-Unsubscribe': `<${link}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  };
}

let next = 0;
async function sender() {
  while (next < subscribers) await transport.sendMail(message(next++));
}
// Four mails wait for every connection, so that none of them is ever idle.
Promise.all(Array.from({ length: connections * 4 }, sender)).then(() => transport.close(), error => { console.error(error.message); process.exit(1); });
