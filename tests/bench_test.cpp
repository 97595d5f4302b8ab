// tools/bench is no test and takes long, but it must not rot: whatever it is written in is read here.
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

namespace fs = std::filesystem;

const std::string k_source = FETTLE_SOURCE_DIR;

bool has_python() {
  return support::run({.command = {"python3", "-c", ""}, .directory = k_source, .environment = {}}).status == 0;
}

}  // namespace

TEST_CASE("bench: every file of its Python can be read, every script it writes for a tool too") {
  if (!has_python()) return support::skip("python3 is missing");
  const support::Scratch scratch;
  scratch.write("read.py", R"py(
import ast, glob, sys
sys.path.insert(0, sys.argv[1])
for name in glob.glob(sys.argv[1] + "/*.py"):
    ast.parse(open(name).read(), name)
import sites
ast.parse(sites.ALEMBIC)
for kind in sites.bulk_scripts(10):
    ast.parse(sites.bulk_python(kind, 10) or "")
print("read")
)py");
  const support::Ended ended = support::run({.command = {"python3", scratch.path("read.py"), k_source + "/bench"},
                                             .directory = scratch.path(),
                                             .environment = {"PYTHONDONTWRITEBYTECODE=1"}});
  INFO(ended.err);
  CHECK(ended.out == "read\n");
}

TEST_CASE("bench: the workloads are listed at once, where nothing can be built or fetched") {
  if (!has_python()) return support::skip("python3 is missing");
  const support::Scratch scratch;
  const support::Ended python = support::run({.command = {"python3", "-c", "import sys; print(sys.executable, end='')"},
                                              .directory = k_source,
                                              .environment = {}});
  scratch.write("tools/bench", support::read_file(k_source + "/tools/bench"));
  fs::copy(k_source + "/bench", scratch.path("bench"), fs::copy_options::recursive);
  fs::create_directory(scratch.path("bin"));
  fs::create_symlink(python.out, scratch.path("bin/python3"));
  fs::create_symlink("/usr/bin/dirname", scratch.path("bin/dirname"));
  const support::Ended ended = support::run({.command = {"/bin/bash", "tools/bench", "--list"},
                                             .directory = scratch.path(),
                                             .environment = {"PATH=" + scratch.path("bin")}});
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out.find("\nscripts 1000 wal\n") != std::string::npos);
  CHECK(ended.out.find("\nread rows\n") != std::string::npos);
  CHECK(ended.out.find("\nchanges update one statement\n") != std::string::npos);
  CHECK_FALSE(fs::exists(scratch.path("build")));
}
