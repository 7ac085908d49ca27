CREATE TABLE mail_domain (server_id INT NOT NULL DEFAULT 1, domain VARCHAR(255) PRIMARY KEY, active CHAR(1) NOT NULL DEFAULT 'y');
CREATE TABLE mail_forwarding (server_id INT NOT NULL DEFAULT 1, source VARCHAR(255) NOT NULL, destination TEXT NOT NULL,
  type VARCHAR(20) NOT NULL, active CHAR(1) NOT NULL DEFAULT 'y');
CREATE TABLE mail_user (server_id INT NOT NULL DEFAULT 1, email VARCHAR(255) PRIMARY KEY, maildir VARCHAR(255) NOT NULL,
  postfix CHAR(1) NOT NULL DEFAULT 'y', disabledeliver CHAR(1) NOT NULL DEFAULT 'n', cc TEXT NOT NULL DEFAULT '',
  sender_cc VARCHAR(255) NOT NULL DEFAULT '');
CREATE TABLE mail_transport (server_id INT NOT NULL DEFAULT 1, domain VARCHAR(255) NOT NULL, transport VARCHAR(255) NOT NULL,
  active CHAR(1) NOT NULL DEFAULT 'y');
CREATE TABLE mail_access (server_id INT NOT NULL DEFAULT 1, source VARCHAR(255) NOT NULL, access VARCHAR(255) NOT NULL,
  type VARCHAR(20) NOT NULL, active CHAR(1) NOT NULL DEFAULT 'y');
CREATE TABLE mail_relay_recipient (server_id INT NOT NULL DEFAULT 1, source VARCHAR(255) NOT NULL, access VARCHAR(255) NOT NULL,
  active CHAR(1) NOT NULL DEFAULT 'y');
INSERT INTO mail_domain (domain) VALUES ('example.org'), ('other.example');
INSERT INTO mail_user (email, maildir) VALUES ('otto@example.org', '/var/vmail/example.org/otto');
INSERT INTO mail_user (email, maildir, cc) VALUES ('cc@example.org', '/var/vmail/example.org/cc', 'dora@example.com');
INSERT INTO mail_user (email, maildir, disabledeliver, cc) VALUES
  ('moved@example.org', '/var/vmail/example.org/moved', 'y', 'dora@example.com');
-- Targets are separated by line ends or commas.
INSERT INTO mail_forwarding (source, destination, type) VALUES
  ('sales@example.org', 'ann@example.com\nbob@example.com', 'forward'),
  ('shop@example.org', 'sales@example.org', 'alias'),
  ('mixed@example.org', 'otto@example.org,ann@example.com', 'forward'),
  ('abroad@example.org', 'ann@example.net', 'forward'),
  ('blocked@example.org', 'ann@example.com', 'forward'),
  ('@other.example', 'gus@example.com', 'catchall'),
  ('@alias.example', '@example.org', 'aliasdomain');
INSERT INTO mail_forwarding (source, destination, type, active) VALUES ('old@example.org', 'ann@example.com', 'forward', 'n');
INSERT INTO mail_access (source, access, type) VALUES ('blocked@example.org', 'REJECT', 'recipient');
