create table item (id integer primary key, name text);
create trigger no_quince before insert on item when new.name = 'quince' begin select raise(rollback, 'no quinces here'); end;
