CREATE TABLE domain (domain VARCHAR(255) PRIMARY KEY, transport VARCHAR(255) NOT NULL DEFAULT 'virtual',
  backupmx TINYINT NOT NULL DEFAULT 0, active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE mailbox (username VARCHAR(255) PRIMARY KEY, maildir VARCHAR(255) NOT NULL, domain VARCHAR(255) NOT NULL,
  active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE alias (address VARCHAR(255) PRIMARY KEY, goto TEXT NOT NULL, domain VARCHAR(255) NOT NULL,
  active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE alias_domain (alias_domain VARCHAR(255) PRIMARY KEY, target_domain VARCHAR(255) NOT NULL,
  active TINYINT NOT NULL DEFAULT 1);
INSERT INTO domain (domain, transport) VALUES ('example.org', 'virtual'), ('other.example', 'virtual'), ('alias.example', 'virtual');
INSERT INTO domain (domain, active) VALUES ('box.example', 0);
INSERT INTO alias_domain (alias_domain, target_domain) VALUES ('alias.example', 'example.org');
-- A mailbox has an alias to itself.
INSERT INTO mailbox (username, maildir, domain) VALUES ('otto@example.org', 'example.org/otto/', 'example.org'),
  ('paula@example.org', 'example.org/paula/', 'example.org'), ('otto@other.example', 'other.example/otto/', 'other.example');
INSERT INTO alias (address, goto, domain) VALUES
  ('otto@example.org', 'otto@example.org', 'example.org'),
  ('otto@other.example', 'otto@other.example', 'other.example'),
  ('paula@example.org', 'paula@example.org,paula#example.org@autoreply.example.org', 'example.org'),
  ('sales@example.org', 'ann@example.com,bob@example.com', 'example.org'),
  ('shop@example.org', 'sales@example.org', 'example.org'),
  ('mixed@example.org', 'otto@example.org,ann@example.com', 'example.org'),
  ('abroad@example.org', 'ann@example.net', 'example.org'),
  ('away@example.org', 'ann@example.com,away#example.org@autoreply.example.org', 'example.org'),
  ('missing@example.org', 'ghost@example.com', 'example.org'),
  ('postmaster@example.org', 'otto@example.org', 'example.org'),
  ('@other.example', 'carol@example.com', 'other.example');
INSERT INTO alias (address, goto, domain, active) VALUES ('old@example.org', 'ann@example.com', 'example.org', 0);
