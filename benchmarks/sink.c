/* An SMTP sink that does no more than the protocol asks: it counts messages and forgets them, so that the sender is what is measured.

       cc -O2 -o sink benchmarks/sink.c && ./sink PORT

   One thread, epoll, loopback only. It offers PIPELINING (RFC 2920) and answers a segment's commands in one write. SIGTERM prints what it
   took. It is no server for anything but a benchmark: it believes what it is told, and closes on a line over 2,000 bytes. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 2000, CHUNK = 1 << 18, REPLIES = 1 << 14 };

struct connection {
    int fd, body;         /* body: between 354 and the final dot */
    size_t kept;          /* bytes of an unfinished line, or of a body's last four */
    char line[LINE];
};

static volatile sig_atomic_t stop;
static unsigned long messages, bytes;
static char replies[REPLIES];
static size_t pending;

static void end(int number) { (void)number; stop = 1; }

static void say(const char *reply)
{
    size_t size = strlen(reply);
    if (pending + size <= REPLIES) { memcpy(replies + pending, reply, size); pending += size; }
}

/* One command. Whether the connection stays open. */
static int command(struct connection *c, const char *line)
{
    if (!strncasecmp(line, "DATA", 4)) {
        say("354 go on\r\n");
        c->body = 1;
        memcpy(c->line, "\r\n", c->kept = 2);      /* a body may begin with its final dot */
    } else if (!strncasecmp(line, "EHLO", 4)) say("250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
    else if (!strncasecmp(line, "QUIT", 4)) { say("221 bye\r\n"); return 0; }
    else say("250 ok\r\n");
    return 1;
}

/* Bytes of a body: how many belong to it. */
static size_t body(struct connection *c, const char *data, size_t size)
{
    char seam[8];
    size_t head = size < 4 ? size : 4, old = c->kept;
    const char *found;

    memcpy(seam, c->line, old);
    memcpy(seam + old, data, head);
    if ((found = memmem(seam, old + head, "\r\n.\r\n", 5))) size = (size_t)(found - seam) + 5 - old;
    else if ((found = memmem(data, size, "\r\n.\r\n", 5))) size = (size_t)(found - data) + 5;
    bytes += size;
    if (found) {
        messages++;
        c->body = 0;
        c->kept = 0;
        say("250 ok\r\n");
    } else if (size >= 4) memcpy(c->line, data + size - 4, c->kept = 4);
    else {
        size_t keep = old + size > 4 ? 4 : old + size;
        memcpy(c->line, seam + old + size - keep, c->kept = keep);
    }
    return size;
}

/* What came in. Whether the connection stays open. */
static int take(struct connection *c, const char *data, size_t size)
{
    while (size) {
        size_t used;
        if (c->body) used = body(c, data, size);
        else {
            const char *line_end = memchr(data, '\n', size);
            used = line_end ? (size_t)(line_end - data) + 1 : size;
            if (c->kept + used >= LINE) return 0;
            memcpy(c->line + c->kept, data, used);
            c->kept += used;
            if (line_end) {
                c->line[c->kept] = 0;
                c->kept = 0;
                if (!command(c, c->line)) return 0;
            }
        }
        data += used;
        size -= used;
    }
    return 1;
}

int main(int count, char **words)
{
    static char chunk[CHUNK];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)(count > 1 ? atoi(words[1]) : 0)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, server = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, ready[64];

    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 1000)) { perror("sink"); return 1; }
    epoll_ctl(poll, EPOLL_CTL_ADD, server, &event);
    signal(SIGTERM, end);
    signal(SIGPIPE, SIG_IGN);
    while (!stop) {
        int number = epoll_wait(poll, ready, 64, 1000);
        for (int at = 0; at < number; at++) {
            struct connection *c = ready[at].data.ptr;
            pending = 0;
            if (!c) {
                c = calloc(1, sizeof *c);
                c->fd = accept(server, NULL, NULL);
                setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                event.data.ptr = c;
                epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event);
                say("220 sink ESMTP\r\n");
            } else {
                ssize_t size = read(c->fd, chunk, CHUNK);
                if (size <= 0 || !take(c, chunk, (size_t)size)) {
                    if (pending && write(c->fd, replies, pending) < 0) perror("sink");
                    close(c->fd);
                    free(c);
                    continue;
                }
            }
            if (pending && write(c->fd, replies, pending) < 0) perror("sink");
        }
    }
    printf("messages=%lu bytes=%lu\n", messages, bytes);
    return 0;
}
