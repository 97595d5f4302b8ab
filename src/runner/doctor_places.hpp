// The doctor's look at disks. Private to runner/doctor.
#pragma once

#include <string>

#include "core/config.hpp"
#include "core/diagnosis.hpp"

namespace runner {

inline constexpr const char* k_machine = "machine";

bool is_there(const std::string& path) noexcept;

// Adds the file system and the room on it, and lowers the verdict where either is no good place for what must last.
void judge_disk(core::Diagnosis& diagnosis, const std::string& path);

// Whether the ledger's folder can be written, or made.
core::Diagnosis try_ledger_folder(const core::Config& config);

}  // namespace runner
