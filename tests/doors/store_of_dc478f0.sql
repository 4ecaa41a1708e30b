-- A store as commit dc478f0 made it, with a few rows in every table: every later version opens it (test_store_opening.py).
-- Made once by that commit's own code, and printed by sqlite3's iterdump. Never edit it: a store on somebody's disk does not change either.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0013');
CREATE TABLE article_keys (
	"key" TEXT NOT NULL,
	article TEXT NOT NULL,
	position INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT article_keys_key PRIMARY KEY ("key"),
	CONSTRAINT article_keys_article_known FOREIGN KEY(article) REFERENCES articles (id)
);
INSERT INTO "article_keys" VALUES('https://hanok.example/ferry','tag:1',0);
INSERT INTO "article_keys" VALUES('title ferry','tag:1',1);
INSERT INTO "article_keys" VALUES('https://hanok.example/winter','tag:2',0);
INSERT INTO "article_keys" VALUES('title winter','tag:2',1);
INSERT INTO "article_keys" VALUES('guid:desk:bridge','tag:3',0);
CREATE TABLE articles (
	id TEXT NOT NULL,
	source TEXT NOT NULL,
	url TEXT DEFAULT '' NOT NULL,
	slug TEXT,
	title TEXT DEFAULT '' NOT NULL,
	authors JSON NOT NULL,
	published BIGINT,
	updated BIGINT,
	section TEXT DEFAULT '' NOT NULL,
	summary TEXT DEFAULT '' NOT NULL,
	content TEXT DEFAULT '' NOT NULL,
	image JSON,
	credit TEXT DEFAULT '' NOT NULL,
	tags JSON NOT NULL,
	language TEXT DEFAULT '' NOT NULL,
	first_seen BIGINT NOT NULL,
	changed BIGINT NOT NULL,
	dated BIGINT NOT NULL,
	backlog TEXT DEFAULT '' NOT NULL,
	withdrawn BIGINT,
	hash TEXT NOT NULL, reason TEXT DEFAULT '' NOT NULL,
	CONSTRAINT articles_key PRIMARY KEY (id),
	CONSTRAINT articles_slug_unique UNIQUE (slug)
);
INSERT INTO "articles" VALUES('tag:1','desk','https://hanok.example/ferry',NULL,'The ferry sails again','[]',1795080600000000,NULL,'City','','<p>It left at dawn.</p>',NULL,'','["harbour"]','',1795167000000000,1795167000000000,1795080600000000,'',NULL,'728c4c0cab64dc4611338dd4ef135101a10ff159ba8c0c8bd62219c3a6cd763e','');
INSERT INTO "articles" VALUES('tag:2','desk','https://hanok.example/winter',NULL,'A quiet winter','["Mina Park"]',1795080600000000,NULL,'','','',NULL,'','[]','',1795167000000000,1795167000000000,1795080600000000,'',NULL,'e0463120ef66fadf9eb34a56b889d0f0d68010eab285e92baffa4f5453341d28','');
INSERT INTO "articles" VALUES('tag:3','desk','','the-old-bridge','The old bridge','[]',1795080600000000,NULL,'','','',NULL,'','[]','',1795167000000000,1795167000000000,1795080600000000,'',NULL,'3ab30cae280e46628a5e561cb0002fe17ddecce293ba876ab391ce0fef49045d','');
CREATE TABLE batches (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	mailing TEXT NOT NULL,
	lane TEXT NOT NULL,
	owner TEXT NOT NULL,
	token TEXT NOT NULL,
	lease BIGINT NOT NULL,
	lease_until BIGINT NOT NULL, server TEXT DEFAULT '' NOT NULL, connections INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT batches_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
);
INSERT INTO "batches" VALUES(1,'m1','big','host/run','t1',60000000,1795167060000000,'mx',1);
CREATE TABLE bounces (
	id INTEGER NOT NULL,
	subscriber INTEGER NOT NULL,
	sent BIGINT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL,
	status TEXT NOT NULL,
	words TEXT NOT NULL,
	source TEXT NOT NULL,
	score DOUBLE NOT NULL,
	why TEXT NOT NULL,
	CONSTRAINT bounces_key PRIMARY KEY (id),
	CONSTRAINT bounces_subscriber_known FOREIGN KEY(subscriber) REFERENCES subscribers (id) ON DELETE CASCADE,
	CONSTRAINT bounces_subscriber_sent_kind_unique UNIQUE (subscriber, sent, kind)
);
INSERT INTO "bounces" VALUES(1,3,1795167000000000,'hard',1795167000000000,'5.1.1','550 5.1.1 no such user','smtp',1.0,'the address does not exist');
CREATE TABLE built (
	facts TEXT NOT NULL, theme TEXT DEFAULT '' NOT NULL,
	CONSTRAINT built_key PRIMARY KEY (facts)
);
INSERT INTO "built" VALUES('f1','t1');
CREATE TABLE deliveries (
	mailing TEXT NOT NULL,
	subscriber BIGINT NOT NULL,
	serial INTEGER NOT NULL,
	email TEXT NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	language TEXT DEFAULT '' NOT NULL,
	topics TEXT NOT NULL,
	"key" TEXT NOT NULL,
	token_key TEXT NOT NULL,
	since BIGINT,
	lane TEXT NOT NULL,
	state TEXT NOT NULL,
	due BIGINT,
	batch BIGINT,
	attempts INTEGER DEFAULT '0' NOT NULL,
	unknowns INTEGER DEFAULT '0' NOT NULL,
	stage TEXT DEFAULT '' NOT NULL,
	code INTEGER DEFAULT '0' NOT NULL,
	reply TEXT DEFAULT '' NOT NULL,
	server TEXT DEFAULT '' NOT NULL,
	claimed BIGINT,
	dotted BIGINT,
	settled BIGINT,
	first_deferred BIGINT,
	CONSTRAINT deliveries_key PRIMARY KEY (mailing, subscriber, serial),
	CONSTRAINT deliveries_deliveries_held CHECK ((state IN ('claimed', 'dotting')) = (batch IS NOT NULL)),
	CONSTRAINT deliveries_deliveries_waits CHECK ((state IN ('queued', 'deferred')) = (due IS NOT NULL)),
	CONSTRAINT deliveries_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
) WITHOUT ROWID;
INSERT INTO "deliveries" VALUES('m1',1,0,'ann@small.example','A subscriber','en','city','ann@small.example-key-1','abcd',1795080600000000,'other','queued',1795167000000000,NULL,0,0,'',0,'','',NULL,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES('m1',2,0,'bo+news@small.example','A subscriber','en','city','ann@small.example-key-2','abcd',1795080600000000,'other','queued',1795167000000000,NULL,0,0,'',0,'','',NULL,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES('m1',3,0,'cy@big.example','A subscriber','en','city','ann@small.example-key-3','abcd',1795080600000000,'big','sent',NULL,NULL,1,0,'dot',250,'ok','mx',1795167000000000,1795167000000000,1795167000000000,NULL);
INSERT INTO "deliveries" VALUES('m1',4,0,'dee@big.example','A subscriber','en','city','ann@small.example-key-4','abcd',1795080600000000,'big','dotting',NULL,1,0,0,'',0,'','',1795167000000000,1795167000000000,NULL,NULL);
CREATE TABLE due_articles (
	article TEXT NOT NULL,
	due BIGINT NOT NULL,
	dated BIGINT NOT NULL,
	CONSTRAINT due_articles_key PRIMARY KEY (article),
	CONSTRAINT due_articles_article_known FOREIGN KEY(article) REFERENCES articles (id)
);
INSERT INTO "due_articles" VALUES('tag:1',1795167000000000,1795080600000000);
INSERT INTO "due_articles" VALUES('tag:2',1795167000000000,1795080600000000);
INSERT INTO "due_articles" VALUES('tag:3',1795167000000000,1795080600000000);
CREATE TABLE edition_articles (
	article TEXT NOT NULL,
	edition TEXT NOT NULL,
	position INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT edition_articles_key PRIMARY KEY (article),
	CONSTRAINT edition_articles_article_known FOREIGN KEY(article) REFERENCES articles (id),
	CONSTRAINT edition_articles_edition_known FOREIGN KEY(edition) REFERENCES editions ("key")
);
INSERT INTO "edition_articles" VALUES('tag:1','2026-W47',0);
INSERT INTO "edition_articles" VALUES('tag:2','2026-W47',1);
CREATE TABLE editions (
	"key" TEXT NOT NULL,
	number INTEGER NOT NULL,
	day TEXT NOT NULL,
	subject TEXT DEFAULT '' NOT NULL,
	note TEXT DEFAULT '' NOT NULL,
	page TEXT DEFAULT '' NOT NULL,
	frozen BIGINT NOT NULL,
	published BIGINT,
	CONSTRAINT editions_key PRIMARY KEY ("key")
);
INSERT INTO "editions" VALUES('2026-W47',1,'2026-11-23','The week','A note.','<html>the week</html>',1795167000000000,NULL);
CREATE TABLE erased (
	mark TEXT NOT NULL,
	at BIGINT NOT NULL, complained BOOLEAN DEFAULT 0 NOT NULL,
	CONSTRAINT erased_key PRIMARY KEY (mark)
);
INSERT INTO "erased" VALUES('mark-of-a-mailbox',1795167000000000,1);
CREATE TABLE files (
	path TEXT NOT NULL,
	kind TEXT NOT NULL,
	size BIGINT NOT NULL,
	hash TEXT NOT NULL,
	wanted BOOLEAN NOT NULL,
	announce BOOLEAN NOT NULL,
	CONSTRAINT files_key PRIMARY KEY (path)
);
INSERT INTO "files" VALUES('rss.xml','feed',120,'h1',1,1);
CREATE TABLE history (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	article TEXT NOT NULL,
	state TEXT NOT NULL,
	document INTEGER,
	CONSTRAINT history_article_known FOREIGN KEY(article) REFERENCES articles (id)
);
INSERT INTO "history" VALUES(1,'tag:1','s1',1);
INSERT INTO "history" VALUES(2,'tag:1','s2',NULL);
CREATE TABLE hot_accounts (
	edition TEXT NOT NULL,
	account JSON NOT NULL,
	CONSTRAINT hot_accounts_key PRIMARY KEY (edition),
	CONSTRAINT hot_accounts_edition_known FOREIGN KEY(edition) REFERENCES editions ("key")
);
INSERT INTO "hot_accounts" VALUES('2026-W47','{"sources": 2}');
CREATE TABLE hot_entries (
	edition TEXT NOT NULL,
	rank INTEGER NOT NULL,
	title TEXT DEFAULT '' NOT NULL,
	url TEXT DEFAULT '' NOT NULL,
	article TEXT DEFAULT '' NOT NULL,
	section TEXT DEFAULT '' NOT NULL,
	score DOUBLE,
	trend TEXT,
	places INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT hot_entries_key PRIMARY KEY (edition, rank),
	CONSTRAINT hot_entries_edition_known FOREIGN KEY(edition) REFERENCES editions ("key")
);
INSERT INTO "hot_entries" VALUES('2026-W47',1,'The ferry sails again','https://hanok.example/ferry','tag:1','City',41.5,'up',2);
INSERT INTO "hot_entries" VALUES('2026-W47',2,'A quiet winter','','','',NULL,NULL,0);
CREATE TABLE hot_lists (
	source TEXT NOT NULL,
	origin TEXT NOT NULL,
	position INTEGER DEFAULT '0' NOT NULL,
	published BIGINT,
	collected BIGINT NOT NULL,
	lines JSON NOT NULL,
	CONSTRAINT hot_lists_key PRIMARY KEY (source, origin)
);
INSERT INTO "hot_lists" VALUES('wire','https://wire.example/hot',0,1795167000000000,1795167000000000,'[[1, "The ferry sails again", "https://hanok.example/ferry", 41.5]]');
CREATE TABLE intake (
	digest TEXT NOT NULL,
	at BIGINT NOT NULL,
	result TEXT NOT NULL,
	CONSTRAINT intake_key PRIMARY KEY (digest)
);
INSERT INTO "intake" VALUES('d1',1795167000000000,'hard');
CREATE TABLE items (
	article TEXT NOT NULL,
	data BLOB NOT NULL,
	CONSTRAINT items_key PRIMARY KEY (article),
	CONSTRAINT items_article_known FOREIGN KEY(article) REFERENCES articles (id)
);
INSERT INTO "items" VALUES('tag:1',X'3C6974656D2F3E');
CREATE TABLE lanes (
	mailing TEXT NOT NULL,
	lane TEXT NOT NULL,
	turn INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT lanes_key PRIMARY KEY (mailing, lane),
	CONSTRAINT lanes_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
);
INSERT INTO "lanes" VALUES('m1','big',2);
INSERT INTO "lanes" VALUES('m1','other',0);
CREATE TABLE listings (
	article TEXT NOT NULL,
	shelf INTEGER NOT NULL,
	dated BIGINT NOT NULL,
	shown BOOLEAN NOT NULL,
	CONSTRAINT listings_key PRIMARY KEY (article, shelf),
	CONSTRAINT listings_article_known FOREIGN KEY(article) REFERENCES articles (id),
	CONSTRAINT listings_shelf_known FOREIGN KEY(shelf) REFERENCES shelves (id)
);
INSERT INTO "listings" VALUES('tag:1',1,1795080600000000,1);
CREATE TABLE mailings (
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	edition TEXT,
	date BIGINT NOT NULL,
	headers JSON NOT NULL,
	planned INTEGER DEFAULT '0' NOT NULL, approved BIGINT, held BIGINT,
	CONSTRAINT mailings_key PRIMARY KEY (id),
	CONSTRAINT mailings_edition_known FOREIGN KEY(edition) REFERENCES editions ("key")
);
INSERT INTO "mailings" VALUES('m1','digest','2026-W47',1795167000000000,'{"from": "Hanok <weekly@hanok.example>", "list_id": "weekly.hanok.example"}',4,1795167000000000,NULL);
CREATE TABLE meters (
	name TEXT NOT NULL,
	tokens DOUBLE NOT NULL,
	at BIGINT,
	day BIGINT,
	used INTEGER DEFAULT '0' NOT NULL,
	days INTEGER DEFAULT '0' NOT NULL,
	credit DOUBLE NOT NULL,
	cap INTEGER DEFAULT '0' NOT NULL,
	capped BIGINT,
	troubles INTEGER DEFAULT '0' NOT NULL,
	not_before BIGINT,
	words TEXT DEFAULT '' NOT NULL,
	refused TEXT NOT NULL,
	CONSTRAINT meters_key PRIMARY KEY (name)
);
INSERT INTO "meters" VALUES('lane big',-2.0,NULL,NULL,2,0,0.0,0,NULL,0,NULL,'','');
INSERT INTO "meters" VALUES('server mx',-2.0,NULL,NULL,2,0,0.0,0,NULL,0,NULL,'','');
INSERT INTO "meters" VALUES('server mx.big.example',12.5,1795167000000000,1795080600000000,40,1,2.0,0,NULL,0,NULL,'','4.7.0');
CREATE TABLE notes (
	edition TEXT NOT NULL,
	note TEXT DEFAULT '' NOT NULL,
	CONSTRAINT notes_key PRIMARY KEY (edition)
);
INSERT INTO "notes" VALUES('2026-W47','A note.');
INSERT INTO "notes" VALUES('2026-W48','The next one.');
CREATE TABLE pages (
	source TEXT NOT NULL,
	url TEXT NOT NULL,
	listed_by TEXT NOT NULL,
	stamp TEXT NOT NULL,
	etag TEXT NOT NULL,
	last_modified TEXT NOT NULL,
	read BIGINT,
	published BIGINT,
	failures INTEGER NOT NULL,
	is_list BOOLEAN NOT NULL,
	CONSTRAINT pages_key PRIMARY KEY (source, url)
);
INSERT INTO "pages" VALUES('wire','https://wire.example/a','https://wire.example/sitemap.xml','2026-11-19','','',1795167000000000,1795080600000000,0,0);
CREATE TABLE requests (
	id INTEGER NOT NULL,
	at BIGINT NOT NULL,
	reader TEXT NOT NULL,
	network TEXT NOT NULL,
	CONSTRAINT requests_key PRIMARY KEY (id)
);
INSERT INTO "requests" VALUES(1,1795167000000000,'mark-of-a-subscriber','mark-of-a-network');
CREATE TABLE sealed (
	document INTEGER NOT NULL,
	name TEXT NOT NULL,
	data BLOB NOT NULL,
	CONSTRAINT sealed_key PRIMARY KEY (document, name)
);
INSERT INTO "sealed" VALUES(1,'rss.xml',X'1F8B7061636B6564');
CREATE TABLE shelves (
	id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	slug TEXT NOT NULL,
	title TEXT NOT NULL,
	count INTEGER NOT NULL,
	open BOOLEAN NOT NULL,
	stale BOOLEAN NOT NULL,
	CONSTRAINT shelves_key PRIMARY KEY (id),
	CONSTRAINT shelves_kind_name_unique UNIQUE (kind, name),
	CONSTRAINT shelves_kind_slug_unique UNIQUE (kind, slug)
);
INSERT INTO "shelves" VALUES(1,'tag','harbour','harbour','Harbour',1,1,1);
CREATE TABLE sources (
	name TEXT NOT NULL,
	location TEXT DEFAULT '' NOT NULL,
	etag TEXT DEFAULT '' NOT NULL,
	last_modified TEXT DEFAULT '' NOT NULL,
	collected BIGINT,
	count INTEGER DEFAULT '0' NOT NULL,
	failed BIGINT,
	failures INTEGER DEFAULT '0' NOT NULL,
	error TEXT DEFAULT '' NOT NULL,
	retired BOOLEAN NOT NULL, took DOUBLE DEFAULT '0' NOT NULL, usual INTEGER DEFAULT '0' NOT NULL, failing_since BIGINT,
	CONSTRAINT sources_key PRIMARY KEY (name)
);
INSERT INTO "sources" VALUES('desk','/articles','','',1795167000000000,3,NULL,0,'',0,0.25,3,NULL);
INSERT INTO "sources" VALUES('wire','https://wire.example/feed','"7"','',NULL,0,1795167000000000,2,'The server answered 503.',0,0.0,0,1795080600000000);
CREATE TABLE subscribers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	email TEXT NOT NULL,
	canonical TEXT NOT NULL,
	domain TEXT NOT NULL,
	"key" TEXT NOT NULL,
	consent TEXT NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	language TEXT DEFAULT '' NOT NULL,
	topics TEXT NOT NULL,
	created BIGINT NOT NULL,
	confirmed BIGINT,
	"left" BIGINT,
	proof TEXT DEFAULT '' NOT NULL, paused BIGINT, suppressed TEXT,
	CONSTRAINT subscribers_canonical_unique UNIQUE (canonical),
	CONSTRAINT subscribers_key_unique UNIQUE ("key")
);
INSERT INTO "subscribers" VALUES(1,'ann@small.example','ann@small.example','small.example','ann@small.example-key-1','confirmed','A subscriber','','city',1795080600000000,1795080600000000,NULL,'import readers.csv',NULL,NULL);
INSERT INTO "subscribers" VALUES(2,'bo+news@small.example','bo+news@small.example','small.example','ann@small.example-key-2','confirmed','A subscriber','','city',1795080600000000,1795080600000000,NULL,'import readers.csv',NULL,NULL);
INSERT INTO "subscribers" VALUES(3,'cy@big.example','cy@big.example','big.example','ann@small.example-key-3','bounced','A subscriber','','city',1795080600000000,1795080600000000,1795167000000000,'import readers.csv',NULL,'cy@big.example');
INSERT INTO "subscribers" VALUES(4,'dee@big.example','dee@big.example','big.example','ann@small.example-key-4','confirmed','A subscriber','','city',1795080600000000,1795080600000000,NULL,'import readers.csv',NULL,NULL);
INSERT INTO "subscribers" VALUES(5,'eve@small.example','eve@small.example','small.example','eve@small.example-key-1','pending','','','',1795080600000000,NULL,NULL,'import readers.csv',NULL,NULL);
CREATE TABLE tallies (
	mailing TEXT NOT NULL,
	state TEXT NOT NULL,
	count INTEGER DEFAULT '0' NOT NULL,
	for_us INTEGER DEFAULT '0' NOT NULL,
	doubtful INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT tallies_key PRIMARY KEY (mailing, state),
	CONSTRAINT tallies_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
);
INSERT INTO "tallies" VALUES('m1','sent',7,0,1);
INSERT INTO "tallies" VALUES('m1','failed',2,1,0);
CREATE TABLE variants (
	mailing TEXT NOT NULL,
	language TEXT NOT NULL,
	position INTEGER DEFAULT '0' NOT NULL,
	subject TEXT DEFAULT '' NOT NULL,
	preheader TEXT DEFAULT '' NOT NULL,
	html TEXT DEFAULT '' NOT NULL,
	text TEXT DEFAULT '' NOT NULL,
	topics TEXT NOT NULL,
	common BOOLEAN NOT NULL,
	CONSTRAINT variants_key PRIMARY KEY (mailing, language),
	CONSTRAINT variants_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
);
INSERT INTO "variants" VALUES('m1','en',0,'The week','What happened','<p>[[~s.name~]]</p>','[[~s.name~]]','city film',1);
INSERT INTO "variants" VALUES('m1','ko',1,'이번 주','무슨 일이','<p>주</p>','주','city',0);
CREATE INDEX articles_newest ON articles (dated, id);
CREATE INDEX article_keys_article ON article_keys (article);
CREATE INDEX edition_articles_edition ON edition_articles (edition);
CREATE INDEX mailings_edition ON mailings (edition);
CREATE INDEX batches_mailing ON batches (mailing);
CREATE INDEX deliveries_doubtful ON deliveries (mailing, subscriber, serial) WHERE unknowns > 0;
CREATE INDEX deliveries_held ON deliveries (batch) WHERE batch IS NOT NULL;
CREATE INDEX deliveries_waiting ON deliveries (mailing, lane, due, subscriber, serial) WHERE due IS NOT NULL;
CREATE INDEX articles_withdrawn ON articles (withdrawn) WHERE withdrawn IS NOT NULL;
CREATE INDEX due_articles_order ON due_articles (dated, article);
CREATE INDEX listings_newest ON listings (shelf, shown, dated, article);
CREATE INDEX history_article ON history (article);
CREATE INDEX history_order ON history (document, seq);
CREATE INDEX requests_at ON requests (at);
CREATE INDEX requests_by_reader ON requests (reader, at);
CREATE INDEX requests_by_network ON requests (network, at);
CREATE INDEX intake_at ON intake (at);
CREATE INDEX subscribers_suppressed ON subscribers (suppressed) WHERE suppressed IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('subscribers',5);
INSERT INTO "sqlite_sequence" VALUES('batches',1);
INSERT INTO "sqlite_sequence" VALUES('history',2);
COMMIT;
