-- The tables of a store on PostgreSQL as commit dc478f0 of this project made them; the rows are in store_of_dc478f0.sql.
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
    reason TEXT DEFAULT '' NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT articles_key PRIMARY KEY (id),
    CONSTRAINT articles_slug_unique UNIQUE (slug)
);
CREATE INDEX articles_newest ON articles (dated, id);
CREATE INDEX articles_withdrawn ON articles (withdrawn) WHERE withdrawn IS NOT NULL;
CREATE TABLE built (
    facts TEXT NOT NULL,
    theme TEXT DEFAULT '' NOT NULL,
    CONSTRAINT built_key PRIMARY KEY (facts)
);
CREATE TABLE editions (
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    day TEXT NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    page TEXT DEFAULT '' NOT NULL,
    frozen BIGINT NOT NULL,
    published BIGINT,
    CONSTRAINT editions_key PRIMARY KEY (key)
);
CREATE TABLE erased (
    mark TEXT NOT NULL,
    at BIGINT NOT NULL,
    complained BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT erased_key PRIMARY KEY (mark)
);
CREATE TABLE files (
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    hash TEXT NOT NULL,
    wanted BOOLEAN NOT NULL,
    announce BOOLEAN NOT NULL,
    CONSTRAINT files_key PRIMARY KEY (path)
);
CREATE TABLE hot_lists (
    source TEXT NOT NULL,
    origin TEXT NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    published BIGINT,
    collected BIGINT NOT NULL,
    lines JSON NOT NULL,
    CONSTRAINT hot_lists_key PRIMARY KEY (source, origin)
);
CREATE TABLE intake (
    digest TEXT NOT NULL,
    at BIGINT NOT NULL,
    result TEXT NOT NULL,
    CONSTRAINT intake_key PRIMARY KEY (digest)
);
CREATE INDEX intake_at ON intake (at);
CREATE TABLE meters (
    name TEXT NOT NULL,
    tokens DOUBLE PRECISION NOT NULL,
    at BIGINT,
    day BIGINT,
    used INTEGER DEFAULT '0' NOT NULL,
    days INTEGER DEFAULT '0' NOT NULL,
    credit DOUBLE PRECISION NOT NULL,
    cap INTEGER DEFAULT '0' NOT NULL,
    capped BIGINT,
    troubles INTEGER DEFAULT '0' NOT NULL,
    not_before BIGINT,
    words TEXT DEFAULT '' NOT NULL,
    refused TEXT NOT NULL,
    CONSTRAINT meters_key PRIMARY KEY (name)
);
CREATE TABLE notes (
    edition TEXT NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    CONSTRAINT notes_key PRIMARY KEY (edition)
);
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
CREATE TABLE requests (
    id BIGSERIAL NOT NULL,
    at BIGINT NOT NULL,
    reader TEXT NOT NULL,
    network TEXT NOT NULL,
    CONSTRAINT requests_key PRIMARY KEY (id)
);
CREATE INDEX requests_at ON requests (at);
CREATE INDEX requests_by_network ON requests (network, at);
CREATE INDEX requests_by_reader ON requests (reader, at);
CREATE TABLE sealed (
    document INTEGER NOT NULL,
    name TEXT NOT NULL,
    data BYTEA NOT NULL,
    CONSTRAINT sealed_key PRIMARY KEY (document, name)
);
CREATE TABLE shelves (
    id BIGSERIAL NOT NULL,
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
CREATE TABLE sources (
    name TEXT NOT NULL,
    location TEXT DEFAULT '' NOT NULL,
    etag TEXT DEFAULT '' NOT NULL,
    last_modified TEXT DEFAULT '' NOT NULL,
    collected BIGINT,
    count INTEGER DEFAULT '0' NOT NULL,
    usual INTEGER DEFAULT '0' NOT NULL,
    took DOUBLE PRECISION DEFAULT '0' NOT NULL,
    failed BIGINT,
    failing_since BIGINT,
    failures INTEGER DEFAULT '0' NOT NULL,
    error TEXT DEFAULT '' NOT NULL,
    retired BOOLEAN NOT NULL,
    CONSTRAINT sources_key PRIMARY KEY (name)
);
CREATE TABLE subscribers (
    id BIGSERIAL NOT NULL,
    email TEXT NOT NULL,
    canonical TEXT NOT NULL,
    domain TEXT NOT NULL,
    key TEXT NOT NULL,
    consent TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    language TEXT DEFAULT '' NOT NULL,
    topics TEXT NOT NULL,
    created BIGINT NOT NULL,
    confirmed BIGINT,
    "left" BIGINT,
    paused BIGINT,
    proof TEXT DEFAULT '' NOT NULL,
    suppressed TEXT,
    CONSTRAINT subscribers_key PRIMARY KEY (id),
    CONSTRAINT subscribers_canonical_unique UNIQUE (canonical),
    CONSTRAINT subscribers_key_unique UNIQUE (key)
);
CREATE INDEX subscribers_suppressed ON subscribers (suppressed) WHERE suppressed IS NOT NULL;
CREATE TABLE article_keys (
    key TEXT NOT NULL,
    article TEXT NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT article_keys_key PRIMARY KEY (key),
    CONSTRAINT article_keys_article_known FOREIGN KEY(article) REFERENCES articles (id)
);
CREATE INDEX article_keys_article ON article_keys (article);
CREATE TABLE bounces (
    id BIGSERIAL NOT NULL,
    subscriber BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    status TEXT NOT NULL,
    words TEXT NOT NULL,
    source TEXT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    why TEXT NOT NULL,
    CONSTRAINT bounces_key PRIMARY KEY (id),
    CONSTRAINT bounces_subscriber_sent_kind_unique UNIQUE (subscriber, sent, kind),
    CONSTRAINT bounces_subscriber_known FOREIGN KEY(subscriber) REFERENCES subscribers (id) ON DELETE CASCADE
);
CREATE TABLE due_articles (
    article TEXT NOT NULL,
    due BIGINT NOT NULL,
    dated BIGINT NOT NULL,
    CONSTRAINT due_articles_key PRIMARY KEY (article),
    CONSTRAINT due_articles_article_known FOREIGN KEY(article) REFERENCES articles (id)
);
CREATE INDEX due_articles_order ON due_articles (dated, article);
CREATE TABLE edition_articles (
    article TEXT NOT NULL,
    edition TEXT NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT edition_articles_key PRIMARY KEY (article),
    CONSTRAINT edition_articles_article_known FOREIGN KEY(article) REFERENCES articles (id),
    CONSTRAINT edition_articles_edition_known FOREIGN KEY(edition) REFERENCES editions (key)
);
CREATE INDEX edition_articles_edition ON edition_articles (edition);
CREATE TABLE history (
    seq BIGSERIAL NOT NULL,
    article TEXT NOT NULL,
    state TEXT NOT NULL,
    document INTEGER,
    CONSTRAINT history_key PRIMARY KEY (seq),
    CONSTRAINT history_article_known FOREIGN KEY(article) REFERENCES articles (id)
);
CREATE INDEX history_article ON history (article);
CREATE INDEX history_order ON history (document, seq);
CREATE TABLE hot_accounts (
    edition TEXT NOT NULL,
    account JSON NOT NULL,
    CONSTRAINT hot_accounts_key PRIMARY KEY (edition),
    CONSTRAINT hot_accounts_edition_known FOREIGN KEY(edition) REFERENCES editions (key)
);
CREATE TABLE hot_entries (
    edition TEXT NOT NULL,
    rank INTEGER NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    url TEXT DEFAULT '' NOT NULL,
    article TEXT DEFAULT '' NOT NULL,
    section TEXT DEFAULT '' NOT NULL,
    score DOUBLE PRECISION,
    trend TEXT,
    places INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT hot_entries_key PRIMARY KEY (edition, rank),
    CONSTRAINT hot_entries_edition_known FOREIGN KEY(edition) REFERENCES editions (key)
);
CREATE TABLE items (
    article TEXT NOT NULL,
    data BYTEA NOT NULL,
    CONSTRAINT items_key PRIMARY KEY (article),
    CONSTRAINT items_article_known FOREIGN KEY(article) REFERENCES articles (id)
);
CREATE TABLE listings (
    article TEXT NOT NULL,
    shelf BIGINT NOT NULL,
    dated BIGINT NOT NULL,
    shown BOOLEAN NOT NULL,
    CONSTRAINT listings_key PRIMARY KEY (article, shelf),
    CONSTRAINT listings_article_known FOREIGN KEY(article) REFERENCES articles (id),
    CONSTRAINT listings_shelf_known FOREIGN KEY(shelf) REFERENCES shelves (id)
);
CREATE INDEX listings_newest ON listings (shelf, shown, dated, article);
CREATE TABLE mailings (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    edition TEXT,
    date BIGINT NOT NULL,
    headers JSON NOT NULL,
    planned INTEGER DEFAULT '0' NOT NULL,
    approved BIGINT,
    held BIGINT,
    CONSTRAINT mailings_key PRIMARY KEY (id),
    CONSTRAINT mailings_edition_known FOREIGN KEY(edition) REFERENCES editions (key)
);
CREATE INDEX mailings_edition ON mailings (edition);
CREATE TABLE batches (
    id BIGSERIAL NOT NULL,
    mailing TEXT NOT NULL,
    lane TEXT NOT NULL,
    owner TEXT NOT NULL,
    token TEXT NOT NULL,
    server TEXT DEFAULT '' NOT NULL,
    connections INTEGER DEFAULT '0' NOT NULL,
    lease BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    CONSTRAINT batches_key PRIMARY KEY (id),
    CONSTRAINT batches_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
);
CREATE INDEX batches_mailing ON batches (mailing);
CREATE TABLE deliveries (
    mailing TEXT NOT NULL,
    subscriber BIGINT NOT NULL,
    serial INTEGER NOT NULL,
    email TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    language TEXT DEFAULT '' NOT NULL,
    topics TEXT NOT NULL,
    key TEXT NOT NULL,
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
    CONSTRAINT deliveries_deliveries_waits CHECK ((state IN ('queued', 'deferred')) = (due IS NOT NULL)),
    CONSTRAINT deliveries_deliveries_held CHECK ((state IN ('claimed', 'dotting')) = (batch IS NOT NULL)),
    CONSTRAINT deliveries_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
);
CREATE INDEX deliveries_doubtful ON deliveries (mailing, subscriber, serial) WHERE unknowns > 0;
CREATE INDEX deliveries_held ON deliveries (batch) WHERE batch IS NOT NULL;
CREATE INDEX deliveries_waiting ON deliveries (mailing, lane, due, subscriber, serial) WHERE due IS NOT NULL;
CREATE TABLE lanes (
    mailing TEXT NOT NULL,
    lane TEXT NOT NULL,
    turn INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT lanes_key PRIMARY KEY (mailing, lane),
    CONSTRAINT lanes_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
);
CREATE TABLE tallies (
    mailing TEXT NOT NULL,
    state TEXT NOT NULL,
    count INTEGER DEFAULT '0' NOT NULL,
    for_us INTEGER DEFAULT '0' NOT NULL,
    doubtful INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT tallies_key PRIMARY KEY (mailing, state),
    CONSTRAINT tallies_mailing_known FOREIGN KEY(mailing) REFERENCES mailings (id)
);
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
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('0013');
