#include "disks.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <linux/loop.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace crash {
namespace {

constexpr off_t k_size = off_t{64} << 20U;
constexpr unsigned long k_shutdown = _IOR('X', 125, std::uint32_t);  // EXT4_IOC_SHUTDOWN
constexpr std::uint32_t k_no_log_flush = 2;
constexpr int k_most_tries = 200;  // of 10 ms

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

void make_file_system(const std::string& image) {
  const int fd = ::open(image.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, k_size) != 0) fail("cannot make " + image);
  ::close(fd);
  const pid_t child = ::fork();
  if (child < 0) fail("cannot fork");
  if (child == 0) {
    ::execlp("mkfs.ext4", "mkfs.ext4", "-q", "-F", "-O", "has_journal", "-J", "size=4", image.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("mkfs.ext4 (package e2fsprogs) is missing or fails");
}

// The device's path; `held`: the descriptor that keeps it.
std::string attach(const std::string& image, int& held) {
  const int control = ::open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) fail("cannot open /dev/loop-control");
  const int file = ::open(image.c_str(), O_RDWR | O_CLOEXEC);
  std::string device;
  for (int tries = 0; tries < k_most_tries && held < 0; ++tries) {
    const int number = ::ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0) break;
    device = fmt::format("/dev/loop{}", number);
    held = ::open(device.c_str(), O_RDWR | O_CLOEXEC);
    if (held < 0) break;
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(file);
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (::ioctl(held, LOOP_CONFIGURE, &config) == 0) break;
    const bool taken = errno == EBUSY;  // by somebody who was quicker
    ::close(held);
    held = -1;
    if (!taken) break;
  }
  const int code = errno;
  ::close(file);
  ::close(control);
  errno = code;
  if (held < 0) fail("cannot attach a loop device");
  return device;
}

}  // namespace

Disk::Disk(const std::string& image, const std::string& place) : image_(image), place_(place) {
  std::filesystem::create_directories(place);
  make_file_system(image);
  device_ = attach(image, loop_);
  try {
    mount();
  } catch (const std::runtime_error&) {
    ::close(loop_);
    throw;
  }
}

Disk::~Disk() {
  if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  if (loop_ >= 0) ::close(loop_);
}

// A journal that is written out every five seconds would make a point's result depend on the clock.
void Disk::mount() {
  if (::mount(device_.c_str(), place_.c_str(), "ext4", 0, "commit=600") != 0) fail("cannot mount " + device_);
  mounted_ = true;
}

void Disk::make_durable() const {
  const int fd = ::open(place_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int result = fd < 0 ? -1 : ::syncfs(fd);
  ::close(fd);
  if (result != 0) fail("cannot sync " + place_);
}

void Disk::cut_power() const {
  const int fd = ::open(place_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::uint32_t flags = k_no_log_flush;
  const int result = fd < 0 ? -1 : ::ioctl(fd, k_shutdown, &flags);
  const int code = errno;
  ::close(fd);
  errno = code;
  if (result != 0) fail("cannot cut the power of " + place_);
}

// On a new loop device: the old one's cache still holds changes that never came into the journal, and the next mount
// would mix them with what the disk has.
void Disk::come_back() {
  int tries = 0;
  while (::umount(place_.c_str()) != 0) {
    if (errno != EBUSY || ++tries > k_most_tries) fail("cannot unmount " + place_);
    ::usleep(10'000);
  }
  mounted_ = false;
  ::close(std::exchange(loop_, -1));
  device_ = attach(image_, loop_);
  mount();
}

std::string why_no_power_cuts(const std::string& scratch) {
  if (::geteuid() != 0) return "only root may mount";
  try {
    Disk disk(scratch + "/probe.img", scratch + "/probe");
    std::ofstream(scratch + "/probe/lost") << "never synced";
    disk.cut_power();
    disk.come_back();
    if (std::filesystem::exists(scratch + "/probe/lost")) return "a power cut loses nothing on this file system";
    return {};
  } catch (const std::runtime_error& fault) {
    return fault.what();
  }
}

}  // namespace crash
