#include "target/postgresql_url.hpp"

#include <doctest/doctest.h>

using target::with_database;
using target::without_password;

TEST_CASE("the URL of a copy leads to the same server as the same role, and to no other database") {
  CHECK(with_database("postgresql://u:p@h:1/shop?sslmode=require", "copy") ==
        "postgresql://u:p@h:1/copy?sslmode=require");
  CHECK(with_database("postgresql://u:p?q=1@h/shop", "copy") == "postgresql://u:p?q=1@h/copy");
  CHECK(with_database("postgresql://h", "copy") == "postgresql://h/copy");
  CHECK(with_database("postgresql://", "copy") == "postgresql:///copy");
  CHECK(with_database("postgres://h1:1,[::1]:2?target_session_attrs=any", "copy") ==
        "postgres://h1:1,[::1]:2/copy?target_session_attrs=any");
  CHECK(with_database("postgresql:///shop?host=/run/pg", "copy") == "postgresql:///copy?host=/run/pg");
  CHECK(with_database("postgresql://h/a?dbname=shop&user=u", "copy") ==
        "postgresql://h/copy?dbname=shop&user=u&dbname=copy");
}

TEST_CASE("a URL that is kept has no password left in it") {
  CHECK(without_password("postgresql://u:p@h:1/shop?sslmode=require") == "postgresql://u@h:1/shop?sslmode=require");
  CHECK(without_password("postgresql://u:p?q=1:2@h/shop") == "postgresql://u@h/shop");
  CHECK(without_password("postgresql://:p@h/shop") == "postgresql://@h/shop");
  CHECK(without_password("postgresql://h:1/shop?password=p&user=u&sslpassword=q") == "postgresql://h:1/shop?user=u");
  CHECK(without_password("postgresql://u@h/shop?password=p") == "postgresql://u@h/shop");
  CHECK(without_password("postgresql://h:5432/shop") == "postgresql://h:5432/shop");
}
