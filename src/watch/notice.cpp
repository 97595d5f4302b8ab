#include "watch/notice.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/place.hpp"
#include "os/clock.hpp"
#include "os/lock.hpp"

namespace watch {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::milliseconds k_for_those_who_ask{200};

std::string folder_of(const core::Config& config) {
  return ledger::folder_of(config.path(config.ledger.path)) + "/watch";
}

// File names need not be UTF-8, and a JSON text must be: one byte becomes one code point, and back.
std::string widened(std::string_view bytes) {
  std::string text;
  for (const char letter : bytes) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80) text += static_cast<char>(0xC0U | (byte >> 6U));
    text += byte < 0x80 ? letter : static_cast<char>(0x80U | (byte & 0x3FU));
  }
  return text;
}

std::string narrowed(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80 || at + 1 == text.size()) {
      bytes += text[at];
      continue;
    }
    bytes += static_cast<char>(((lead & 0x03U) << 6U) | (static_cast<unsigned char>(text[++at]) & 0x3FU));
  }
  return bytes;
}

std::string text_of(const Notice& notice) {
  Json json = {{"pid", notice.pid},       {"host", widened(notice.host)}, {"since", notice.since.milliseconds},
               {"sight", notice.sight},   {"why", widened(notice.why)},   {"interval", notice.interval.count()},
               {"waiting", Json::array()}};
  for (const Notice::Script& each : notice.waiting) {
    Json entry = {{"script", widened(each.script)}, {"reason", widened(each.reason)}};
    if (each.until) entry["until"] = each.until->milliseconds;
    json["waiting"].push_back(std::move(entry));
  }
  return json.dump();
}

std::optional<Notice> notice_in(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto number = [](const Json& from, const char* name) {
    const auto found = from.find(name);
    return found != from.end() && found->is_number_integer() ? found->get<std::int64_t>() : std::int64_t{0};
  };
  const auto word = [](const Json& from, const char* name) {
    const auto found = from.find(name);
    return found != from.end() && found->is_string() ? narrowed(found->get_ref<const std::string&>()) : std::string();
  };
  Notice notice{number(json, "pid"),
                word(json, "host"),
                {number(json, "since")},
                word(json, "sight"),
                word(json, "why"),
                std::chrono::milliseconds(number(json, "interval")),
                {}};
  const auto waiting = json.find("waiting");
  if (waiting == json.end() || !waiting->is_array()) return notice;
  for (const Json& each : *waiting) {
    if (!each.is_object()) continue;
    Notice::Script script{word(each, "script"), word(each, "reason"), {}};
    if (const std::int64_t until = number(each, "until"); until != 0) script.until = base::Instant{until};
    notice.waiting.push_back(std::move(script));
  }
  return notice;
}

std::optional<std::string> contents(const std::string& path) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::nullopt;
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t got = ::read(fd.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(part, static_cast<std::size_t>(got));
  }
}

bool write_file(const std::string& path, std::string_view text) {
  const std::string draft = path + ".new";
  ::unlink(draft.c_str());
  const os::Fd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) return false;
  const bool written = ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return written && ::rename(draft.c_str(), path.c_str()) == 0;
}

os::Fd take_lock(const core::Config& config, const std::string& folder) {
  ledger::make_folder(folder + "/x");
  // Who only asks whether there is a watcher shares the lock for a moment.
  for (const os::Deadline end = os::in(k_for_those_who_ask); os::Steady::now() < end;) {
    if (std::optional<os::Fd> lock = os::try_lock(folder)) return std::move(*lock);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const std::optional<Notice> other = read_notice(config);
  throw base::Error(base::ErrorKind::lock_held,
                    other ? fmt::format("another watcher is at work here: process {} on {}, since {}", other->pid,
                                        base::escape(other->host), base::local_time(other->since))
                          : std::string("another watcher is just starting here"),
                    "Nothing was run; that one goes on.", "fettle status shows what it sees.");
}

}  // namespace

std::optional<Notice> read_notice(const core::Config& config) {
  if (!is_watched(config)) return std::nullopt;
  const std::optional<std::string> text = contents(folder_of(config) + "/status.json");
  return text ? notice_in(*text) : std::nullopt;
}

bool is_watched(const core::Config& config) {
  return os::is_locked(folder_of(config));
}

NoticeBoard::NoticeBoard(const core::Config& config) : folder_(folder_of(config)), lock_(take_lock(config, folder_)) {}

NoticeBoard::~NoticeBoard() {
  ::unlink((folder_ + "/status.json").c_str());
}

void NoticeBoard::publish(Notice notice) {
  if (shown_ == notice) return;
  if (write_file(folder_ + "/status.json", text_of(notice))) shown_ = std::move(notice);
}

}  // namespace watch
