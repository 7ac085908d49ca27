CREATE TABLE domain (id INT PRIMARY KEY, domain VARCHAR(255) NOT NULL, backupmx TINYINT NOT NULL DEFAULT 0,
  active TINYINT NOT NULL DEFAULT 1);
CREATE TABLE mailbox (username VARCHAR(255) PRIMARY KEY, maildir VARCHAR(255), active TINYINT NOT NULL DEFAULT 1,
  Domain_id INT NOT NULL);
CREATE TABLE alias (address VARCHAR(255) PRIMARY KEY, goto TEXT NOT NULL, active TINYINT NOT NULL DEFAULT 1,
  Domain_id INT NOT NULL);
INSERT INTO domain (id, domain) VALUES (1, 'example.org'), (2, 'other.example');
INSERT INTO mailbox (username, maildir, Domain_id) VALUES ('otto@example.org', 'maildir:/srv/mail/otto', 1);
INSERT INTO alias (address, goto, Domain_id) VALUES
  ('otto@example.org', 'otto@example.org', 1), ('sales@example.org', 'ann@example.com,bob@example.com', 1),
  ('shop@example.org', 'sales@example.org', 1), ('@other.example', 'gus@example.com', 2),
  ('abroad@example.org', 'ann@example.net', 1);
INSERT INTO alias (address, goto, active, Domain_id) VALUES ('old@example.org', 'ann@example.com', 0, 1);
