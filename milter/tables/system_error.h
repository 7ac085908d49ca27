// What every file that talks to the system needs: a descriptor that closes itself, and errno in words.
#pragma once

#include <unistd.h>

#include <string>

namespace shorthop {

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// errno as a sentence: "no such file or directory".
std::string system_sentence(int error);

}  // namespace shorthop
