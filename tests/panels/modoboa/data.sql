CREATE TABLE admin_domain (id INT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, enabled BOOLEAN NOT NULL DEFAULT true);
CREATE TABLE admin_domainalias (name TEXT NOT NULL, target_id INT NOT NULL, enabled BOOLEAN NOT NULL DEFAULT true);
CREATE TABLE admin_mailbox (id INT PRIMARY KEY, address TEXT NOT NULL, domain_id INT NOT NULL);
CREATE TABLE admin_mailboxoperation (id INT PRIMARY KEY, mailbox_id INT NOT NULL);
CREATE TABLE admin_alias (id INT PRIMARY KEY, address TEXT NOT NULL, enabled BOOLEAN NOT NULL DEFAULT true,
  expire_at TIMESTAMPTZ, domain_id INT NOT NULL);
CREATE TABLE modoboa_admin_aliasrecipient (address TEXT NOT NULL, alias_id INT NOT NULL, r_mailbox_id INT, r_alias_id INT);
CREATE TABLE transport_transport (pattern TEXT NOT NULL, service TEXT NOT NULL, next_hop TEXT NOT NULL DEFAULT '');
INSERT INTO admin_domain (id, name, type) VALUES (1, 'example.org', 'domain'), (2, 'split.example', 'relaydomain');
INSERT INTO admin_domainalias (name, target_id) VALUES ('alias.example', 1);
INSERT INTO admin_mailbox VALUES (1, 'otto', 1), (2, 'busy', 1);
INSERT INTO admin_mailboxoperation VALUES (1, 2);
-- A mailbox has an alias to itself; an address of an alias domain is an alias of its own.
INSERT INTO admin_alias (id, address, domain_id) VALUES (1, 'otto@example.org', 1), (2, 'sales@example.org', 1),
  (3, 'shop@example.org', 1), (4, 'busy@example.org', 1), (5, '@alias.example', 1), (8, 'abroad@example.org', 1);
INSERT INTO admin_alias (id, address, domain_id, expire_at) VALUES (6, 'party@example.org', 1, '2100-01-01'),
  (7, 'over@example.org', 1, '2001-01-01');
INSERT INTO modoboa_admin_aliasrecipient (address, alias_id) VALUES ('otto@example.org', 1), ('ann@example.com', 2),
  ('bob@example.com', 2), ('sales@example.org', 3), ('busy@example.org', 4), ('@example.org', 5), ('carol@example.com', 6),
  ('carol@example.com', 7), ('ann@example.net', 8);
