CREATE TABLE virtual_domains (id INT PRIMARY KEY, name VARCHAR(50) NOT NULL);
CREATE TABLE virtual_users (id INT PRIMARY KEY, domain_id INT NOT NULL, email VARCHAR(100) NOT NULL,
  password VARCHAR(150) NOT NULL, quota BIGINT NOT NULL DEFAULT 0);
CREATE TABLE virtual_aliases (id INT PRIMARY KEY, domain_id INT NOT NULL, source VARCHAR(100) NOT NULL,
  destination VARCHAR(100) NOT NULL);
INSERT INTO virtual_domains (id, name) VALUES (1, 'example.org'), (2, 'other.example');
INSERT INTO virtual_users (id, domain_id, email, password) VALUES
  (1, 1, 'otto@example.org', 'x'), (2, 2, 'eva@other.example', 'x');
INSERT INTO virtual_aliases (id, domain_id, source, destination) VALUES
  (1, 1, 'sales@example.org', 'ann@example.com'), (2, 1, 'sales@example.org', 'bob@example.com'),
  (3, 1, 'shop@example.org', 'sales@example.org'), (4, 2, '@other.example', 'gus@example.com'),
  (5, 1, 'abroad@example.org', 'ann@example.net');
