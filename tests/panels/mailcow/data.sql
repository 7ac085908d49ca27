CREATE TABLE alias (id INT AUTO_INCREMENT PRIMARY KEY, address VARCHAR(255) NOT NULL UNIQUE, goto TEXT NOT NULL,
  domain VARCHAR(255) NOT NULL, active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE domain (domain VARCHAR(255) PRIMARY KEY, backupmx TINYINT NOT NULL DEFAULT 0,
  relay_all_recipients TINYINT NOT NULL DEFAULT 0, relayhost INT NOT NULL DEFAULT 0, active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE alias_domain (alias_domain VARCHAR(255) PRIMARY KEY, target_domain VARCHAR(255) NOT NULL,
  active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE mailbox (username VARCHAR(255) PRIMARY KEY, domain VARCHAR(255) NOT NULL, kind VARCHAR(100) NOT NULL DEFAULT '',
  mailbox_path_prefix VARCHAR(150) NOT NULL DEFAULT '/var/vmail/', attributes JSON NOT NULL
    DEFAULT '{"tls_enforce_in": "0", "mailbox_format": "maildir:"}', active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE spamalias (address VARCHAR(255) PRIMARY KEY, goto TEXT NOT NULL, validity BIGINT,
  permanent TINYINT NOT NULL DEFAULT 0);
CREATE TABLE recipient_maps (old_dest VARCHAR(255), new_dest VARCHAR(255), active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE bcc_maps (local_dest VARCHAR(255), bcc_dest VARCHAR(255), type VARCHAR(9), active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE transports (destination VARCHAR(255), nexthop VARCHAR(255), active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE relayhosts (id INT PRIMARY KEY, hostname VARCHAR(255), active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE tls_policy_override (dest VARCHAR(255), policy VARCHAR(99), active TINYINT NOT NULL DEFAULT 1);
INSERT INTO domain (domain) VALUES ('example.org'), ('other.example');
INSERT INTO alias_domain (alias_domain, target_domain) VALUES ('alias.example', 'example.org');
INSERT INTO mailbox (username, domain) VALUES ('otto@example.org', 'example.org');
INSERT INTO mailbox (username, domain, attributes) VALUES
  ('rita@example.org', 'example.org', '{"tls_enforce_in": "1", "mailbox_format": "maildir:"}');
INSERT INTO mailbox (username, domain, kind) VALUES ('room1@example.org', 'example.org', 'location');
INSERT INTO alias (address, goto, domain) VALUES
  ('otto@example.org', 'otto@example.org', 'example.org'),
  ('rita@example.org', 'rita@example.org', 'example.org'),
  ('sales@example.org', 'ann@example.com,bob@example.com', 'example.org'),
  ('shop@example.org', 'sales@example.org', 'example.org'),
  ('mixed@example.org', 'otto@example.org,ann@example.com', 'example.org'),
  ('abroad@example.org', 'ann@example.net', 'example.org'),
  ('null@example.org', 'null@localhost', 'example.org'),
  ('@alias.example', '@example.org', 'alias.example'),
  ('@other.example', 'gus@example.com', 'other.example');
-- 0: inactive, 2: no login, but mail.
INSERT INTO alias (address, goto, domain, active) VALUES
  ('old@example.org', 'ann@example.com', 'example.org', 0), ('quiet@example.org', 'dora@example.com', 'example.org', 2);
INSERT INTO spamalias (address, goto, validity) VALUES
  ('x7f3a@example.org', 'otto@example.org', 4102444800), ('q9k2z@example.org', 'carol@example.com', 4102444800),
  ('gone9@example.org', 'carol@example.com', 1000000000);
INSERT INTO recipient_maps (old_dest, new_dest) VALUES ('former@example.org', 'shop@example.org');
