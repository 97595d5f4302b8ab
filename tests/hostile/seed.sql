-- What the databases of every hostile run hold.
create table item (id integer primary key, name text not null);
insert into item (name) values ('apple'), ('pear'), ('plum');
create table honest (script text not null unique);
create index item_by_name on item (name);
create view names as select name from item;
