#include "runner/live_log.hpp"

#include <array>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "ledger/place.hpp"

namespace runner {
namespace {

constexpr std::chrono::milliseconds k_between{250};  // two writes, and before the first one
constexpr std::size_t k_most_untold = 1024 * 1024;   // bytes that are held; what comes faster is in the ledger later
constexpr std::size_t k_most_read = 4 * 1024 * 1024;

std::string path_of(const core::Config& config) {
  return ledger::folder_of(config.path(config.ledger.path)) + "/live.log";
}

core::LineLevel level_of(std::string_view word) noexcept {
  for (const auto level : {core::LineLevel::debug, core::LineLevel::warn, core::LineLevel::error})
    if (word == core::name(level)) return level;
  return core::LineLevel::info;
}

// "1700000000000 info text"; nullopt: it is not whole yet.
std::optional<ledger::LogLine> line_of(std::string_view text) {
  ledger::LogLine line;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), line.at.milliseconds);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const std::size_t blank = text.find(' ', 1);
  if (fault != std::errc() || blank == std::string_view::npos) return std::nullopt;
  line.level = level_of(text.substr(1, blank - 1));
  line.text = text.substr(blank + 1);
  return line;
}

}  // namespace

LiveLog::LiveLog(const core::Config& config, std::int64_t attempt)
    : path_(path_of(config)), attempt_(attempt), due_(os::in(k_between)) {}

LiveLog::~LiveLog() {
  if (file_) ::unlink(path_.c_str());
}

void LiveLog::add(core::LineLevel level, std::string_view text) {
  if (given_up_ || untold_.size() > k_most_untold) return;
  for (const std::string_view line : base::split(text, '\n'))
    untold_ += fmt::format("{} {} {}\n", os::now().milliseconds, core::name(level), line);
}

os::Deadline LiveLog::due() const noexcept {
  return untold_.empty() ? os::Deadline::max() : due_;
}

void LiveLog::write() noexcept {
  if (untold_.empty() || os::Steady::now() < due_) return;
  due_ = os::in(k_between);
  if (!file_) {
    file_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600));
    std::array<char, 24> number{};
    const auto [end, fault] = std::to_chars(number.data(), number.data() + number.size() - 1, attempt_);
    *end = '\n';
    given_up_ = !file_ || fault != std::errc() || ::write(file_.get(), number.data(), end + 1 - number.data()) < 0;
  }
  if (!given_up_)
    given_up_ = ::write(file_.get(), untold_.data(), untold_.size()) != static_cast<ssize_t>(untold_.size());
  untold_.clear();
}

std::vector<ledger::LogLine> live_lines(const core::Config& config, std::int64_t attempt) {
  const os::Fd file(::open(path_of(config).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  std::string text;
  std::array<char, 64 * 1024> part{};
  while (file && text.size() < k_most_read) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  std::vector<ledger::LogLine> lines;
  const std::string head = fmt::format("{}\n", attempt);
  if (!text.starts_with(head)) return lines;
  text.resize(text.rfind('\n') + 1);  // a line that is being written is told next time
  for (const std::string_view each : base::split(std::string_view(text).substr(head.size()), '\n'))
    if (auto line = line_of(each)) lines.push_back(std::move(*line));
  return lines;
}

}  // namespace runner
