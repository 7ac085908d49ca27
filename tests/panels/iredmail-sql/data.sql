CREATE TABLE domain (domain VARCHAR(255) PRIMARY KEY, transport VARCHAR(255) NOT NULL DEFAULT 'dovecot',
  backupmx TINYINT NOT NULL DEFAULT 0, active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE alias_domain (alias_domain VARCHAR(255) PRIMARY KEY, target_domain VARCHAR(255) NOT NULL,
  active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE mailbox (username VARCHAR(255) PRIMARY KEY, domain VARCHAR(255) NOT NULL, maildir VARCHAR(255) NOT NULL,
  storagebasedirectory VARCHAR(255) NOT NULL DEFAULT '/var/vmail', storagenode VARCHAR(255) NOT NULL DEFAULT 'vmail1',
  transport VARCHAR(255) NOT NULL DEFAULT '', active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE alias (address VARCHAR(255) PRIMARY KEY, domain VARCHAR(255) NOT NULL, accesspolicy VARCHAR(30) NOT NULL DEFAULT '',
  active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE forwardings (id INT AUTO_INCREMENT PRIMARY KEY, address VARCHAR(255) NOT NULL, forwarding VARCHAR(255) NOT NULL,
  domain VARCHAR(255) NOT NULL, active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE maillists (address VARCHAR(255) PRIMARY KEY, domain VARCHAR(255) NOT NULL, transport VARCHAR(255) NOT NULL,
  active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE recipient_bcc_user (username VARCHAR(255) PRIMARY KEY, bcc_address VARCHAR(255), active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE recipient_bcc_domain (domain VARCHAR(255) PRIMARY KEY, bcc_address VARCHAR(255), active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE sender_bcc_user (username VARCHAR(255) PRIMARY KEY, bcc_address VARCHAR(255), active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE sender_bcc_domain (domain VARCHAR(255) PRIMARY KEY, bcc_address VARCHAR(255), active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE sender_relayhost (account VARCHAR(255) PRIMARY KEY, relayhost VARCHAR(255) NOT NULL);
INSERT INTO domain (domain) VALUES ('example.org'), ('other.example');
INSERT INTO domain (domain, active) VALUES ('box.example', 0);
INSERT INTO alias_domain (alias_domain, target_domain) VALUES ('alias.example', 'example.org');
INSERT INTO mailbox (username, domain, maildir) VALUES ('otto@example.org', 'example.org', 'example.org/o/t/t/otto/'),
  ('journal@example.org', 'example.org', 'example.org/j/o/u/journal/');
-- Each target is a row. A mailbox has a row with itself as the target. The key of a catch-all is the bare domain.
INSERT INTO forwardings (address, forwarding, domain) VALUES
  ('otto@example.org', 'otto@example.org', 'example.org'),
  ('journal@example.org', 'journal@example.org', 'example.org'),
  ('postmaster@example.org', 'otto@example.org', 'example.org'),
  ('sales@example.org', 'ann@example.com', 'example.org'), ('sales@example.org', 'carol@example.com', 'example.org'),
  ('shop@example.org', 'sales@example.org', 'example.org'),
  ('mixed@example.org', 'otto@example.org', 'example.org'), ('mixed@example.org', 'ann@example.com', 'example.org'),
  ('abroad@example.org', 'ann@example.net', 'example.org'),
  ('audit@example.org', 'ann@example.com', 'example.org'),
  ('club@example.org', 'club@example.org', 'example.org'),
  ('other.example', 'gus@example.com', 'other.example');
INSERT INTO forwardings (address, forwarding, domain, active) VALUES ('old@example.org', 'ann@example.com', 'example.org', 0);
INSERT INTO alias (address, domain) VALUES ('sales@example.org', 'example.org'), ('shop@example.org', 'example.org');
INSERT INTO maillists (address, domain, transport) VALUES ('club@example.org', 'example.org', 'mlmmj:example.org/club');
INSERT INTO mailbox (username, domain, maildir) VALUES ('club@example.org', 'example.org', 'x');
INSERT INTO recipient_bcc_user (username, bcc_address) VALUES ('audit@example.org', 'journal@example.org');
INSERT INTO sender_bcc_user (username, bcc_address) VALUES ('otto@example.org', 'journal@example.org');
