// Two small ext4 file systems on loop devices, mounted over the two scratch places, whose power can be cut: what was
// not synced is gone after the next mount. Needs root. Images lie in the scratch folder.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace crash {

class Disk {
 public:
  // Throws std::runtime_error where that is not possible.
  Disk(const std::string& image, const std::string& place);
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  ~Disk();

  void make_durable() const;  // all that is there now; a power cut takes nothing of it
  void cut_power() const;     // from now on nothing reaches the disk, and every call there fails
  void come_back();           // once no process uses it any more: unmount, mount, replay the journal

 private:
  void mount();

  std::string image_, place_, device_;
  int loop_ = -1;
  bool mounted_ = false;
};

// Why power cuts cannot be simulated here; empty: they can. Tries it, in that folder.
std::string why_no_power_cuts(const std::string& scratch);

using Disks = std::vector<std::unique_ptr<Disk>>;

}  // namespace crash
