// The result of the last `shorthop pull`, in a file beside the generations of a mirror: for `shorthop status` and
// `check`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "system/file_reader.h"
#include "system/write_file.h"

namespace shorthop {

/// The name of the file. While it is being written, its name has a suffix (system/write_file.h).
inline constexpr std::string_view pull_record_name = ".last-pull";

struct PullRecord {
  std::chrono::system_clock::time_point time;
  std::string failure;  ///< one line; empty: the pull succeeded
};

/// nullopt if there was no pull, or if the record cannot be read.
std::optional<PullRecord> last_pull(const std::string& mirror, const FileReader& files);

/// Replaces the record. The directory of the generations is made if it is missing.
Written record_pull(const std::string& mirror, const PullRecord& record);

/// Removes the record.
Written forget_pulls(const std::string& mirror);

/// Parses the text of a record; nullopt: the text is not a record.
std::optional<PullRecord> parse_pull_record(std::string_view text);

}  // namespace shorthop
