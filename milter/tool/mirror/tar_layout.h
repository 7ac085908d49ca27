// Checks the blocks of a tar as they are read: only files and directories, and no byte that tar would ignore. No I/O.
// Not here: names and contents (bundle.h). Source: POSIX.1-2017, pax, "ustar Interchange Format"; tar(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shorthop::tool {

struct TarLimits {
  std::size_t members = 1'000'000;               // as many as a mirror may have files (load/mirror)
  std::uint64_t bytes = std::uint64_t{8} << 30;  // of the whole tar
  std::uint64_t file = std::uint64_t{2} << 30;   // of one file, as SystemFiles reads it
  std::size_t end_blocks = 4096;                 // of zeros: two, and padding to the size of a tape record
};

class TarLayout {
 public:
  static constexpr std::size_t block_size = 512;

  explicit TarLayout(const TarLimits& limits = {}) : limits_(limits) {}

  /// The next block of `block_size` bytes. False if this block or an earlier one is refused; fault() says why.
  bool add(std::string_view block);
  /// Call this after the last block. False as for add().
  bool finish();
  /// A sentence.
  const std::string& fault() const { return fault_; }
  /// Whether more bytes came than the limit allows.
  bool is_too_large() const { return bytes_ > limits_.bytes; }

 private:
  bool refuse(std::string why);
  bool read_header(std::string_view header);
  bool read_data(std::string_view block);

  TarLimits limits_;
  std::string fault_;
  std::size_t members_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t data_left_ = 0;  ///< bytes of the current member that are still to come
  char name_type_ = '\0';        ///< type of the last member if it holds the next one's name; else NUL
  std::string pax_;              ///< data of the current member of type 'x'
  std::size_t end_blocks_ = 0;   ///< blocks of the end mark
};

}  // namespace shorthop::tool
