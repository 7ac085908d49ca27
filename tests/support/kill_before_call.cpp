// Loaded into shorthop by LD_PRELOAD: kills the process like kill -9 before the Nth call of the functions below. These
// functions change a directory or write it to the disk. N is the value of SHORTHOP_TEST_KILL_BEFORE_CALL.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace {

void count_call() {
  static std::atomic<long> left = [] {
    const char* text = std::getenv("SHORTHOP_TEST_KILL_BEFORE_CALL");  // NOLINT(concurrency-mt-unsafe): read once
    return text == nullptr ? -1 : std::strtol(text, nullptr, 10);
  }();
  if (left > 0 && --left == 0) ::kill(::getpid(), SIGKILL);
}

}  // namespace

extern "C" {

int rename(const char* from, const char* to) noexcept {
  count_call();
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) noexcept {
  count_call();
  return static_cast<int>(::syscall(SYS_renameat2, from_directory, from, to_directory, to, flags));
}

int symlink(const char* target, const char* path) noexcept {
  count_call();
  return static_cast<int>(::syscall(SYS_symlinkat, target, AT_FDCWD, path));
}

int unlink(const char* path) noexcept {
  count_call();
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int fsync(int fd) {
  count_call();
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

int syncfs(int fd) noexcept {
  count_call();
  return static_cast<int>(::syscall(SYS_syncfs, fd));
}

}  // extern "C"
