// An owned file descriptor: of a file, a socket, a pipe, an event. The destructor closes it.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

namespace shorthop {

class Descriptor {
 public:
  Descriptor() = default;
  /// Owns a result of open(2), socket(2) and the like; a negative number means none.
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Descriptor(std::move(other)).swap(*this);
    return *this;
  }

  /// The number for system calls; negative if there is none.
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() {
    if (is_open()) ::close(std::exchange(number_, -1));
  }
  /// Gives the number to the caller, who must close it; this object has none from then on.
  int release() { return std::exchange(number_, -1); }
  void swap(Descriptor& other) noexcept { std::swap(number_, other.number_); }

 private:
  int number_ = -1;
};

/// Writes all bytes to a descriptor that blocks. False if that fails; errno says why.
bool write_all(int descriptor, std::string_view bytes);

/// Creates a file without a name, which is gone when it is closed. For a moment it has the name `path` with six random
/// characters behind it. If that fails, the descriptor is not open, and errno says why.
Descriptor nameless_file(std::string path);

/// Opens standard input, output and error if the process was started with them closed. Otherwise a file or socket could
/// get one of these numbers, and our output would go into it. Input is opened for writing, and output and error for
/// reading, so that any use of them fails.
void occupy_standard_descriptors();

}  // namespace shorthop
