CREATE TABLE menu (id INTEGER PRIMARY KEY, name TEXT NOT NULL, page INTEGER);
INSERT INTO menu VALUES (1, 'start', 1), (2, 'shop', 2), (3, 'old', NULL), (4, 'older', NULL);
