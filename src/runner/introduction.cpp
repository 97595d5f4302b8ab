#include "runner/introduction.hpp"

#include <utility>

#include "runner/session.hpp"

namespace runner {

Introduction introduce(const core::Config& config, Crew& crew, core::Load load) {
  Session::Setting setting;
  setting.timeout = config.run.timeout;
  setting.limits = config.limits;
  Session session(crew, std::move(load), std::move(setting), Session::Upto::declaration);
  Introduction introduction;
  introduction.fault = session.load();
  introduction.declaration = session.declaration();
  introduction.database = session.database();
  return introduction;
}

}  // namespace runner
