#include "os/signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.hpp"

namespace os {

StopSignals::StopSignals(Hangup hangup) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  if (hangup == Hangup::heard) sigaddset(&stop, SIGHUP);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  fd_.reset(::signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd_) base::throw_errno(base::ErrorKind::internal, "cannot watch for signals");
}

int StopSignals::take() noexcept {
  signalfd_siginfo info{};
  return ::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info) ? static_cast<int>(info.ssi_signo)
                                                                                    : 0;
}

void ignore_pipe_and_lease_signals() noexcept {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGIO, SIG_IGN);
}

void reset_signals_in_helper() noexcept {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  ignore_pipe_and_lease_signals();
}

}  // namespace os
