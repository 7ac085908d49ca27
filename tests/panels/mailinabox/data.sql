CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL DEFAULT '');
CREATE TABLE aliases (id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, destination TEXT NOT NULL, permitted_senders TEXT);
CREATE TABLE auto_aliases (id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, destination TEXT NOT NULL,
  permitted_senders TEXT);
INSERT INTO users (email) VALUES ('otto@example.org'), ('otto@other.example');
INSERT INTO aliases (source, destination) VALUES ('sales@example.org', 'ann@example.com,bob@example.com'),
  ('shop@example.org', 'sales@example.org'), ('@other.example', 'gus@example.com'), ('nobody@example.org', ''),
  ('abroad@example.org', 'ann@example.net'), ('@alias.example', '@example.org');
INSERT INTO auto_aliases (source, destination) VALUES ('postmaster@example.org', 'administrator@example.org'),
  ('administrator@example.org', 'otto@example.org');
