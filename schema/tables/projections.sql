CREATE TABLE progress (
    projection TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,        -- the newest entry that is folded
    definition TEXT NOT NULL,           -- of the program that folded it: SHA-256, see runner.definition
    form       TEXT NOT NULL            -- of its tables: SHA-256, see runner.form
) STRICT, WITHOUT ROWID;
CREATE TABLE agencies_states (
    agency       TEXT NOT NULL,
    known_from   INTEGER NOT NULL,
    known_to     INTEGER,
    position     INTEGER NOT NULL,      -- the entry that registered the agency
    level        TEXT NOT NULL,
    region       TEXT NOT NULL,
    code         TEXT,
    lists        TEXT NOT NULL,         -- JSON: sections, channels, schemes, predecessors, successors, end
    names        TEXT NOT NULL,         -- JSON: the names of all that, null where a text is erased
    PRIMARY KEY (agency, known_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE catalogue_items (
    position     INTEGER PRIMARY KEY,   -- the entry that made the item public
    item         TEXT NOT NULL UNIQUE,
    agency       TEXT NOT NULL,
    mode         TEXT NOT NULL,         -- proactive, on-request
    section      TEXT,
    made_on      TEXT,
    published_on TEXT NOT NULL,         -- the first publication
    source_id    TEXT,
    duty         TEXT,                  -- by when it was to be public, where it is not the 20 working days
    hidden       INTEGER NOT NULL,      -- 1: withdrawn as a secret or for privacy, and hidden at every position
    number       INTEGER NOT NULL,      -- 1, 2, 3 … as they became public: how many there were then
    newest_on    TEXT NOT NULL          -- the latest first publication of all that were public then
) STRICT;
CREATE TABLE catalogue_states (
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    known_from   INTEGER NOT NULL,
    known_to     INTEGER,
    status       TEXT NOT NULL,         -- PUBLISHED, WITHDRAWN
    validity     TEXT NOT NULL,         -- IN_FORCE, AMENDED, REPEALED, EXPIRED
    effective_on TEXT,
    repealed_on  TEXT,
    withdrawn_on TEXT,
    text         INTEGER NOT NULL,      -- its position in catalogue_texts
    change       TEXT NOT NULL,         -- what happened at known_from: published, updated, withdrawn, …
    shown_on     TEXT NOT NULL,         -- the day from which it has been public with this text
    gaps         TEXT,                  -- JSON: [[withdrawn_on, restored_on], …]; NULL: it was never restored
    PRIMARY KEY (item, known_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE catalogue_categories (
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    scheme       TEXT NOT NULL,
    known_from   INTEGER NOT NULL,
    known_to     INTEGER,
    code         TEXT NOT NULL,
    published_on TEXT NOT NULL,         -- the item's, so that the items of a category have an order of their own
    PRIMARY KEY (item, scheme, known_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE catalogue_publications (
    position     INTEGER PRIMARY KEY,   -- the entry that made the item public on the channel
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    channel      TEXT NOT NULL,
    published_on TEXT NOT NULL,
    url          TEXT
) STRICT;
CREATE TABLE catalogue_texts (
    position        INTEGER PRIMARY KEY,   -- the entry that showed the text first
    item            INTEGER NOT NULL,      -- its position in catalogue_items
    title           TEXT,
    abstract        TEXT,
    document_number TEXT,
    index_number    TEXT,
    issuer          TEXT,
    keywords        TEXT,                  -- a JSON array
    body_sha256     TEXT,                  -- of the file that is the item's body
    value_sha256    TEXT                   -- of the sealed value, byte by byte
) STRICT;
CREATE INDEX catalogue_items_published ON catalogue_items (published_on, item);
CREATE INDEX catalogue_items_agency ON catalogue_items (agency, published_on, item);
CREATE INDEX catalogue_items_made_desc ON catalogue_items (ifnull(made_on, ''), item);
CREATE INDEX catalogue_items_made_asc ON catalogue_items (ifnull(made_on, '~'), item);
CREATE INDEX catalogue_items_source ON catalogue_items (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX catalogue_items_hidden ON catalogue_items (item) WHERE hidden;
CREATE INDEX catalogue_states_known ON catalogue_states (known_from, known_to);
CREATE INDEX catalogue_categories_code ON catalogue_categories (scheme, code, published_on, known_to);
CREATE INDEX catalogue_texts_index_number ON catalogue_texts (index_number) WHERE index_number IS NOT NULL;
CREATE INDEX catalogue_publications_item ON catalogue_publications (item, channel);
CREATE TABLE tallies_facts (
    position       INTEGER NOT NULL,    -- the entry that makes the fact
    fact           TEXT NOT NULL,       -- its key, see measures.py
    known_to       INTEGER,             -- the entry that takes it back
    year           INTEGER NOT NULL,
    month          TEXT NOT NULL,       -- 01 … 12
    amount         INTEGER NOT NULL,    -- 1; persons; money in fen
    subject        INTEGER NOT NULL,    -- its position in tallies_subjects
    agency         TEXT NOT NULL,
    channel        TEXT,
    section        TEXT,
    applicant_kind TEXT,
    PRIMARY KEY (position, fact)
) STRICT, WITHOUT ROWID;
CREATE TABLE tallies_later (
    subject        INTEGER NOT NULL,
    position       INTEGER NOT NULL,    -- of facts
    PRIMARY KEY (subject, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE tallies_cells (
    cell           INTEGER PRIMARY KEY, -- in the order in which they came up
    dimension      TEXT NOT NULL,       -- MONTH, CHANNEL, SECTION, APPLICANT_KIND, or a scheme; empty: not divided
    scope          TEXT NOT NULL,       -- an agency; empty: all of them
    year           INTEGER NOT NULL,
    fact           TEXT NOT NULL,
    code           TEXT NOT NULL,       -- in the dimension
    UNIQUE (dimension, scope, year, fact, code)
) STRICT;
CREATE TABLE tallies_totals (
    cell           INTEGER NOT NULL,
    block          INTEGER NOT NULL,    -- position // BLOCK, or // AGENCY_BLOCK
    total          INTEGER NOT NULL,    -- at the end of the block, or so far
    PRIMARY KEY (cell, block)
) STRICT, WITHOUT ROWID;
CREATE TABLE tallies_moves (
    position       INTEGER NOT NULL,
    cell           INTEGER NOT NULL,
    change         INTEGER NOT NULL,
    PRIMARY KEY (position, cell)
) STRICT, WITHOUT ROWID;
CREATE TABLE tallies_categories (
    subject        INTEGER NOT NULL,    -- its position in tallies_subjects
    scheme         TEXT NOT NULL,
    known_from     INTEGER NOT NULL,
    known_to       INTEGER,
    code           TEXT NOT NULL,
    PRIMARY KEY (subject, scheme, known_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE tallies_subjects (
    position       INTEGER PRIMARY KEY, -- the entry that published the item, received the request, filed the case …
    stream         TEXT NOT NULL UNIQUE,
    agency         TEXT NOT NULL,
    section        TEXT,
    applicant_kind TEXT
) STRICT;
CREATE TABLE tallies_states (
    subject        INTEGER PRIMARY KEY, -- a request, a case or an issue
    state          TEXT NOT NULL,       -- JSON: what the rules know of it
    timing         TEXT                 -- on-time, extended, late; of a request whose clock has ended
) STRICT;
CREATE TABLE tallies_channels (
    agency         TEXT NOT NULL,
    channel        TEXT NOT NULL,
    kind           TEXT NOT NULL,       -- gazette, website, weibo, wechat, other
    PRIMARY KEY (agency, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE tallies_agencies (
    agency TEXT PRIMARY KEY,
    region TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE tallies_calendars (
    region           TEXT NOT NULL,
    year             INTEGER NOT NULL,
    days_off         TEXT NOT NULL,     -- JSON, in the newest version of the year
    working_weekends TEXT NOT NULL,     -- JSON
    PRIMARY KEY (region, year)
) STRICT, WITHOUT ROWID;
CREATE INDEX tallies_facts_fact ON tallies_facts (agency, fact, year);
CREATE TABLE links_links (
    item        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    target      TEXT NOT NULL,
    known_from  INTEGER NOT NULL,
    known_to    INTEGER,
    linked      INTEGER NOT NULL,       -- 0: taken back
    PRIMARY KEY (item, kind, target, known_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE links_numbers (
    item        TEXT NOT NULL,
    alias       INTEGER NOT NULL,
    known_from  INTEGER NOT NULL,
    known_to    INTEGER,
    assigned_on TEXT NOT NULL,
    ended_on    TEXT,
    value       TEXT,
    PRIMARY KEY (item, alias, known_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE links_urls (
    item        TEXT NOT NULL,
    channel     TEXT NOT NULL,
    known_from  INTEGER NOT NULL,
    known_to    INTEGER,
    url         TEXT,
    PRIMARY KEY (item, channel, known_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_links_target ON links_links (target);
CREATE INDEX links_numbers_value ON links_numbers (value) WHERE value IS NOT NULL;
CREATE TABLE requests_requests (
    position       INTEGER PRIMARY KEY,   -- the entry that received it
    request        TEXT NOT NULL UNIQUE,
    agency         TEXT NOT NULL,
    channel        TEXT NOT NULL,
    applicant_kind TEXT NOT NULL
) STRICT;
CREATE TABLE requests_states (
    request        INTEGER NOT NULL,      -- its position in requests_requests
    known_from     INTEGER NOT NULL,
    known_to       INTEGER,
    received_on    TEXT NOT NULL,         -- the day that counts (art. 31): it may change until the receipt is confirmed
    number         TEXT,
    status         TEXT NOT NULL,         -- RECEIVED, AWAITING_CORRECTION, PAUSED, IN_PROGRESS, REPLIED, CLOSED
    outcome        TEXT,                  -- the one that is counted
    outcomes       TEXT NOT NULL,         -- JSON: all of them
    replied_on     TEXT,                  -- decided
    dispatched_on  TEXT,
    delivered_on   TEXT,
    state          TEXT NOT NULL,         -- JSON: what the rules know of it
    PRIMARY KEY (request, known_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE requests_steps (
    position       INTEGER PRIMARY KEY,
    request        INTEGER NOT NULL,      -- its position in requests_requests
    type           TEXT NOT NULL,
    day            TEXT NOT NULL          -- the day that the step says of itself
) STRICT;
CREATE INDEX requests_states_number ON requests_states (number) WHERE number IS NOT NULL;
CREATE INDEX requests_steps_request ON requests_steps (request, position);
CREATE TABLE reviews_acts (
    item       TEXT NOT NULL,
    position   INTEGER NOT NULL,
    level      INTEGER,                 -- NULL: the case was opened
    conclusion TEXT,                    -- cleared, returned, publish-redacted, on-request-only, withhold
    day        TEXT NOT NULL,
    seal       TEXT NOT NULL,           -- of the text that was reviewed
    PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE reviews_policies (
    agency        TEXT NOT NULL,
    in_force_from TEXT NOT NULL,
    position      INTEGER NOT NULL,
    names         TEXT,                 -- JSON: the names of its levels, from the first on
    PRIMARY KEY (agency, in_force_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE lateness_items (
    item         INTEGER NOT NULL,      -- the entry that made it public
    known_from   INTEGER NOT NULL,
    known_to     INTEGER,
    due_on       TEXT NOT NULL,
    late         INTEGER NOT NULL,      -- 1: it became public late
    region       TEXT NOT NULL,
    duty         TEXT NOT NULL,
    made_on      TEXT NOT NULL,
    published_on TEXT NOT NULL,
    PRIMARY KEY (item, known_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE lateness_agencies (
    agency TEXT PRIMARY KEY,
    region TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE lateness_calendars (
    region           TEXT NOT NULL,
    year             INTEGER NOT NULL,
    days_off         TEXT NOT NULL,     -- JSON, in the newest version of the year
    working_weekends TEXT NOT NULL,     -- JSON
    PRIMARY KEY (region, year)
) STRICT, WITHOUT ROWID;
CREATE INDEX lateness_items_late ON lateness_items (item, known_from, known_to) WHERE late;
CREATE TABLE declarations_figures (
    declaration TEXT NOT NULL,
    known_from  INTEGER NOT NULL,       -- the entry that says so
    known_to    INTEGER,
    agency      TEXT NOT NULL,
    year        INTEGER NOT NULL,
    cell        TEXT NOT NULL,
    value       INTEGER,                -- in its unit; NULL: withdrawn
    unit        TEXT NOT NULL,          -- count, persons, fen
    evidence    TEXT NOT NULL,
    PRIMARY KEY (declaration, known_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX declarations_figures_year ON declarations_figures (agency, year);
CREATE TABLE filings_reports (
    report     TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,        -- the entry that began it
    agency     TEXT NOT NULL,
    year       INTEGER NOT NULL,
    form       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE filings_steps (
    report     TEXT NOT NULL,
    position   INTEGER NOT NULL,
    step       TEXT NOT NULL,           -- drafted, signed, filed, published, withdrawn, corrected, explained
    day        TEXT NOT NULL,
    number     INTEGER,                 -- of the version that is filed, corrected or published
    counted_at INTEGER,                 -- the position that its figures are of
    root       TEXT,                    -- the tree root there
    code       TEXT,                    -- who signed, the channel, the reason
    identity   TEXT,                    -- what is explained
    cells      TEXT,                    -- JSON: by key, those filed or those that changed
    seal       TEXT,                    -- of what was written
    PRIMARY KEY (report, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX filings_reports_year ON filings_reports (agency, year);
CREATE TABLE months_months (
    month      TEXT PRIMARY KEY,        -- its stream
    position   INTEGER NOT NULL,        -- the entry that closed it
    agency     TEXT NOT NULL,
    year       INTEGER NOT NULL,
    number     INTEGER NOT NULL,        -- 1 … 12
    closed_on  TEXT NOT NULL,
    counted_at INTEGER NOT NULL         -- the position that its figures are of
) STRICT, WITHOUT ROWID;
CREATE TABLE months_steps (
    month      TEXT NOT NULL,
    position   INTEGER NOT NULL,
    step       TEXT NOT NULL,           -- notified, disputed, dismissed, corrected
    section    TEXT NOT NULL,
    day        TEXT NOT NULL,
    figure     TEXT,                    -- published, late, returned: the one that is meant
    published  INTEGER,                 -- as told
    late       INTEGER,
    returned   INTEGER,
    old        INTEGER,                 -- as corrected
    new        INTEGER,
    reason     TEXT,
    PRIMARY KEY (month, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE months_drafts (
    item       TEXT PRIMARY KEY,        -- a hash of its id
    agency     TEXT NOT NULL,
    section    TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE months_returned (
    agency     TEXT NOT NULL,
    month      TEXT NOT NULL,           -- YYYY-MM of the day on which a review was sent back
    position   INTEGER NOT NULL,
    section    TEXT,
    PRIMARY KEY (agency, month, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX months_months_agency ON months_months (agency, year, number);
CREATE TABLE search_documents (
    stream       TEXT NOT NULL,         -- the item's id
    known_from   INTEGER PRIMARY KEY,   -- the entry from which the text is found
    known_to     INTEGER,
    number       INTEGER NOT NULL,      -- 1, 2, 3 … in the order of known_from
    item         INTEGER NOT NULL,      -- its position in catalogue_items
    published_on TEXT NOT NULL,         -- its first publication
    rank         INTEGER NOT NULL       -- least is best: units of the title, at most 9999, and seven digits for the day
) STRICT;
CREATE TABLE search_texts (
    document INTEGER PRIMARY KEY,   -- its number in search_documents
    title    TEXT NOT NULL,         -- units without white space
    beneath  TEXT NOT NULL          -- document number and abstract, the same
) STRICT;
CREATE TABLE search_postings (
    gram    TEXT NOT NULL,      -- a unit, or two neighbouring ones
    field   INTEGER NOT NULL,   -- 0: documents that have it in their title, 1: those that have it beneath
    chunk   INTEGER NOT NULL,   -- 0, 1, 2 …: documents from chunk * 8192 on
    members BLOB NOT NULL,      -- which of them, fewer than 512: 2 bytes each, else a bit each; least first
    PRIMARY KEY (gram, field, chunk)
) STRICT;
CREATE UNIQUE INDEX search_documents_now ON search_documents (stream) WHERE known_to IS NULL;
CREATE UNIQUE INDEX search_documents_number ON search_documents (number);
CREATE INDEX search_documents_past ON search_documents (known_to, number) WHERE known_to IS NOT NULL;
CREATE INDEX search_documents_item ON search_documents (item, number);
CREATE INDEX search_documents_rank ON search_documents (rank, stream, number, item);
CREATE TABLE tree_tiles (
    level  INTEGER NOT NULL,            -- of tiles: 0 holds leaf hashes, each level 256 times as many leaves a hash
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,               -- 32 bytes each, 256 of them in a full tile
    PRIMARY KEY (level, number)
) STRICT;
