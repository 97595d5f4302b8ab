-- The example shop: a few thousand rows, always the same ones, with the damage that the scripts in this folder repair.
-- Made by tools/demo:  sqlite3 data/shop.db < scripts-example/shop.sql
pragma journal_mode = wal;
begin;

create table customers (
  id integer primary key,
  email varchar(100) not null,
  name varchar(100) not null,
  phone varchar(100),
  created_at varchar(30) not null
);
create table products (
  id integer primary key,
  sku varchar(100) not null,
  name varchar(100) not null,
  price_cents integer not null
);
create table orders (
  id integer primary key,
  customer_id integer not null references customers (id),
  status varchar(100) not null,
  currency varchar(3),
  total_cents integer not null default 0,
  created_at varchar(30) not null
);
create table order_items (
  id integer primary key,
  order_id integer not null references orders (id),
  product_id integer not null references products (id),
  quantity integer not null,
  unit_cents integer not null
);
create table carts (
  id integer primary key,
  customer_id integer not null,
  items integer not null,
  updated_at varchar(30) not null
);
create table carts_archive (
  id integer primary key,
  customer_id integer not null,
  items integer not null,
  updated_at varchar(30) not null
);
create table phones (
  customer_id integer not null references customers (id),
  number varchar(100) not null
);
create table pages (
  id integer primary key,
  slug varchar(100) not null unique,
  title varchar(100) not null
);
create table menu (
  id integer primary key,
  page_id integer not null,
  label varchar(100) not null
);
create table settings (
  name varchar(100) primary key,
  value varchar(100) not null
);
create table migrations (
  id integer primary key,
  migration varchar(100) not null,
  batch integer not null
);
create table coupons_old (
  code varchar(100),
  percent integer
);

create index orders_by_customer on orders (customer_id);
create index order_items_by_order on order_items (order_id);

-- 1,200 customers; every fourth has no phone number. Some addresses are in capitals or padded with spaces.
with recursive n (i) as (select 1 union all select i + 1 from n where i < 1200)
insert into customers (id, email, name, phone, created_at)
select i,
       case when i % 17 = 0 then upper(printf('customer%04d@example.com', i))
            when i % 23 = 0 then printf('  customer%04d@example.com ', i)
            else printf('customer%04d@example.com', i) end,
       printf('Customer %d', i),
       case when i % 4 = 0 then null else printf('+49 30 %06d', (i * 7919) % 1000000) end,
       datetime('2024-01-01', printf('+%d hours', i * 5))
from n;

-- 40 people who registered twice, with the address in capitals the second time.
with recursive n (i) as (select 1 union all select i + 1 from n where i < 40)
insert into customers (id, email, name, phone, created_at)
select 1200 + i, upper(printf('customer%04d@example.com', i * 25)), printf('Customer %d', i * 25), null,
       datetime('2025-03-01', printf('+%d hours', i))
from n;

with recursive n (i) as (select 1 union all select i + 1 from n where i < 120)
insert into products (id, sku, name, price_cents)
select i, printf('SKU-%03d', i), printf('Product %d', i), 195 + (i * 131) % 9000
from n;

-- 2,400 orders, the last 80 by the second accounts. The currency column came late and is empty in old rows.
with recursive n (i) as (select 1 union all select i + 1 from n where i < 2400)
insert into orders (id, customer_id, status, currency, total_cents, created_at)
select i,
       case when i > 2320 then 1201 + i % 40 else 1 + (i * 37) % 1200 end,
       case i % 10 when 0 then 'cancelled' when 1 then 'open' else 'paid' end,
       case when i <= 900 then null else 'EUR' end,
       0,
       datetime('2024-02-01', printf('+%d hours', i * 6))
from n;

with recursive n (i) as (select 1 union all select i + 1 from n where i < 6000)
insert into order_items (id, order_id, product_id, quantity, unit_cents)
select i, 1 + i % 2400, 1 + (i * 13) % 120, 1 + i % 3, (select price_cents from products where id = 1 + (i * 13) % 120)
from n;

-- Totals as the shop wrote them; one order in eight lost an item when it was edited.
update orders
set total_cents = (select coalesce(sum(quantity * unit_cents), 0) from order_items where order_id = orders.id);
update orders set total_cents = total_cents - 195 where id % 8 = 0;

with recursive n (i) as (select 1 union all select i + 1 from n where i < 300)
insert into carts (id, customer_id, items, updated_at)
select i, 1 + (i * 11) % 1200, 1 + i % 5, datetime('2024-01-01', printf('+%d days', i * 2))
from n;

with recursive n (i) as (select 1 union all select i + 1 from n where i < 60)
insert into pages (id, slug, title) select i, printf('page-%d', i), printf('Page %d', i) from n;

-- Entries 61 to 74 point to pages that were deleted.
with recursive n (i) as (select 1 union all select i + 1 from n where i < 74)
insert into menu (id, page_id, label) select i, i, printf('Entry %d', i) from n;

insert into settings (name, value) values
  ('shop_name', 'Example shop'),
  ('prices_locked', '1');

-- The migrations of an earlier tool; a deployment that was repeated wrote its rows twice.
with recursive n (i) as (select 1 union all select i + 1 from n where i < 48)
insert into migrations (migration, batch) select printf('2024_%02d_%02d_change_%d', 1 + i / 28, 1 + i % 28, i), 1 + i / 12 from n;
insert into migrations (migration, batch) select migration, batch + 1 from migrations where batch = 3;

insert into coupons_old (code, percent) values ('SUMMER19', 10), ('WINTER19', 15), ('FRIENDS', 20);

commit;
