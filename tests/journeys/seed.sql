-- app.db of every journey without a seed.sql of its own.
create table item (id integer primary key, name text not null unique, price integer);
insert into item (id, name, price) values (1, 'apple', 10), (2, 'pear', 20), (3, 'plum', null);
