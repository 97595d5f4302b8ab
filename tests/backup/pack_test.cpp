// The parts of a backup as they lie on the disk: any size comes back, and nothing that was altered does.
#include "backup/pack.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "backup/manifest.hpp"
#include "backup/retention.hpp"
#include "backup/tar.hpp"
#include "base/hash.hpp"
#include "core/limits.hpp"
#include "support/scratch.hpp"

using backup::Lock;
using backup::Packed;
using support::Scratch;

namespace {

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::optional<Lock> some_lock(const std::string& bound_to = "a backup and a part") {
  Lock lock;
  lock.key.fill(7);
  lock.bound_to = bound_to;
  return lock;
}

Packed pack(const std::string& path, const std::string& bytes, const std::optional<Lock>& lock, std::size_t piece) {
  backup::Packer packer(path, lock);
  for (std::size_t at = 0; at < bytes.size(); at += piece) packer.add(std::string_view(bytes).substr(at, piece));
  return packer.finish();
}

std::string unpacked(const std::string& path, const Packed& packed, const std::optional<Lock>& lock,
                     std::string& fault) {
  std::string bytes;
  fault = backup::unpack(path, packed, lock.has_value(), lock, [&bytes](std::string_view piece) { bytes += piece; });
  return bytes;
}

}  // namespace

TEST_CASE("backup: a part of any size comes back as it was, locked and not") {
  const Scratch scratch;
  int number = 0;
  for (const std::optional<Lock>& lock : {std::optional<Lock>(), some_lock()})
    for (const std::size_t size : {0UL, 1UL, 1000UL, 65'518UL, 65'519UL, 65'520UL, 65'535UL, 65'536UL, 65'537UL,
                                   131'072UL, 1'048'575UL, 1'048'576UL, 3'000'001UL})
      for (const std::size_t piece : {size_t{7919}, size_t{1} << 20U}) {
        CAPTURE(size);
        const std::string path = scratch.path("part" + std::to_string(++number)), bytes = noise(size, 3);
        const Packed packed = pack(path, bytes, lock, piece);
        CHECK(packed.size == size);
        CHECK(packed.packed == std::filesystem::file_size(path));
        std::string fault;
        CHECK(unpacked(path, packed, lock, fault) == bytes);
        CHECK(fault == "");
      }
}

TEST_CASE("backup: a locked part opens with its own key, at its own place, and whole") {
  const Scratch scratch;
  const std::string bytes = noise(200'000, 5);
  const Packed packed = pack(scratch.path("part"), bytes, some_lock(), 1000);
  std::string fault;
  CHECK(unpacked(scratch.path("part"), packed, some_lock(), fault) == bytes);
  CHECK(unpacked(scratch.path("part"), packed, some_lock("another part"), fault) == "");
  CHECK(fault.find("cannot be decrypted") != std::string::npos);
  auto other = some_lock();
  other->key.fill(8);
  CHECK(unpacked(scratch.path("part"), packed, other, fault) == "");
  CHECK(fault != "");
  // Cut between two blocks, with a manifest that says so.
  const std::string whole = scratch.read("part");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{24}, std::size_t{24 + 65'553}, std::size_t{24 + 2 * 65'553}}) {
    CAPTURE(size);
    scratch.write("cut", whole.substr(0, size));
    Packed cut = packed;
    cut.sha256 = base::sha256_hex(whole.substr(0, size));
    (void)unpacked(scratch.path("cut"), cut, some_lock(), fault);
    CHECK(fault != "");
  }
}

TEST_CASE("backup: a manifest comes back as it was, and no bit of it can change unseen") {
  backup::Manifest manifest;
  manifest.id = "00112233445566778899aabbccddeeff";
  manifest.made = {1'796'104'969'033};
  manifest.reason = "\"quoted\" \xff and\nmore";
  manifest.trigger = "manual";
  manifest.ledger = {"abc", 3, 4, "5:def"};
  manifest.parts.push_back({"ledger.db.zst", backup::PartKind::ledger, "", "", {1, 2, "x"}});
  backup::KeyBytes key{};
  key.fill(9);
  for (const bool locked : {false, true}) {
    manifest.locked.by = locked ? core::Encrypt::key : core::Encrypt::none;
    const std::string text = backup::write(manifest, locked ? std::optional(key) : std::nullopt);
    const backup::ReadManifest read = backup::read_manifest(text);
    REQUIRE(read.fault == "");
    CHECK(read.manifest.made == manifest.made);
    CHECK(read.manifest.ledger->attempts == 4);
    CHECK(read.manifest.parts.at(0).packed.packed == 2);
    if (locked) {
      CHECK(backup::is_of_key(read.manifest, key));
      backup::KeyBytes other = key;
      other[31] ^= 1;
      CHECK_FALSE(backup::is_of_key(read.manifest, other));
    }
    for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
      std::string altered = text;
      altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
      if (backup::read_manifest(altered).fault.empty()) FAIL_CHECK("bit ", bit);
    }
    CHECK(backup::read_manifest(text.substr(1)).fault != "");
    CHECK(backup::read_manifest(text + "\n").fault != "");
  }
  CHECK(backup::read_manifest("").fault != "");
  CHECK(backup::read_manifest("{}").fault != "");
}

TEST_CASE("backup: a manifest whose parts lead out of its folder is refused") {
  for (const char* file : {"../x", "a/b", "", ".hidden", "manifest.json"}) {
    backup::Manifest manifest;
    manifest.parts.push_back({file, backup::PartKind::ledger, "", "", {}});
    CHECK(backup::read_manifest(backup::write(manifest, std::nullopt)).fault != "");
  }
}

TEST_CASE("backup: scripts go through a tar in pieces of any size, with names of any length") {
  std::string tar;
  backup::TarWriter writer([&tar](std::string_view bytes) { tar += bytes; });
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::size_t length : {1UL, 80UL, 88UL, 99UL, 100UL, 101UL, 243UL})
    files.emplace_back("scripts/" + std::string(length, 'n') + ".lua", noise(length * 37, 1));
  files.emplace_back("failed/empty.lua", "");
  files.emplace_back("failed/\xff = odd\n.lua", "x");
  for (const auto& [name, text] : files) writer.add(name, text, 1);
  writer.finish();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{511}, std::size_t{512}, tar.size()}) {
    std::vector<std::pair<std::string, std::string>> found;
    backup::TarReader reader(
        [&found](const std::string& name, std::string_view text) { found.emplace_back(name, text); });
    for (std::size_t at = 0; at < tar.size(); at += piece) reader.add(std::string_view(tar).substr(at, piece));
    CHECK(reader.end() == "");
    CHECK(found == files);
  }
  backup::TarReader cut([](const std::string&, std::string_view) {});
  cut.add(std::string_view(tar).substr(0, tar.size() - 1024));
  CHECK(cut.end() != "");
}

TEST_CASE("backup: retention takes what is too many or too old, and never the newest") {
  constexpr std::int64_t k_day = 86'400'000;
  const std::vector<backup::Aged> all = {
      {"e", {100 * k_day}}, {"d", {99 * k_day}}, {"c", {90 * k_day}}, {"b", {50 * k_day}}};
  const base::Instant now{101 * k_day};
  const auto gone = [&](std::uint64_t keep, std::uint64_t days) { return backup::outdated(all, {keep, days}, now); };
  CHECK(gone(core::k_unlimited, core::k_unlimited).empty());
  CHECK(gone(2, core::k_unlimited) == std::vector<std::size_t>{2, 3});
  CHECK(gone(1, core::k_unlimited) == std::vector<std::size_t>{1, 2, 3});
  CHECK(gone(core::k_unlimited, 11) == std::vector<std::size_t>{2, 3});
  CHECK(gone(core::k_unlimited, 12) == std::vector<std::size_t>{3});
  CHECK(gone(core::k_unlimited, 1) == std::vector<std::size_t>{1, 2, 3});
  CHECK(backup::outdated({}, {1, 1}, now).empty());
}
