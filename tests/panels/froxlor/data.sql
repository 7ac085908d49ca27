CREATE TABLE panel_customers (customerid INT PRIMARY KEY, deactivated TINYINT NOT NULL DEFAULT 0);
CREATE TABLE panel_domains (domain VARCHAR(255) NOT NULL, customerid INT NOT NULL, isemaildomain TINYINT NOT NULL DEFAULT 1);
CREATE TABLE mail_users (email VARCHAR(255) NOT NULL, username VARCHAR(255) NOT NULL, homedir VARCHAR(255) NOT NULL
  DEFAULT '/var/customers/mail/', maildir VARCHAR(255) NOT NULL, customerid INT NOT NULL);
CREATE TABLE mail_virtual (email VARCHAR(255) NOT NULL, email_full VARCHAR(255) NOT NULL, destination TEXT NOT NULL,
  customerid INT NOT NULL);
INSERT INTO panel_customers VALUES (1, 0), (2, 1);
INSERT INTO panel_domains (domain, customerid) VALUES ('example.org', 1), ('other.example', 1), ('box.example', 2);
INSERT INTO mail_users (email, username, maildir, customerid) VALUES ('otto@example.org', 'otto@example.org', 'otto/', 1);
-- Targets are separated by blanks; a catch-all has the key "@domain".
INSERT INTO mail_virtual (email, email_full, destination, customerid) VALUES
  ('otto@example.org', 'otto@example.org', 'otto@example.org', 1),
  ('sales@example.org', 'sales@example.org', 'ann@example.com bob@example.com', 1),
  ('shop@example.org', 'shop@example.org', ' sales@example.org ', 1),
  ('@other.example', 'info@other.example', 'gus@example.com', 1),
  ('info@other.example', 'info@other.example', '', 1),
  ('abroad@example.org', 'abroad@example.org', 'ann@example.net', 1),
  ('old@example.org', 'old@example.org', 'ann@example.com', 2);
