// Compares the answers that the primary's own postmap(1) gave during the export (answers/ in a mirror) with the answers
// of the tables as shorthop reads them.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "load/load_relay.h"

namespace shorthop::tool {

/// A key for which the primary and shorthop have different answers.
struct DifferentAnswer {
  std::string table;
  std::string key;
  std::string at_primary;  ///< empty: absent
  std::string here;        ///< empty: absent
  bool is_live = false;    ///< the table was asked now: it may have changed since the export
};

struct ComparedAnswers {
  std::size_t equal = 0;
  std::size_t unknown_here = 0;        ///< the look-up failed here, so its recipients are kept anyway
  std::size_t different = 0;           ///< all keys with different answers
  std::size_t different_of_fixed = 0;  ///< such keys in fixed tables, which cannot have changed since the export
  std::vector<DifferentAnswer> first_different;  ///< at most a thousand, for display; keys of fixed tables first
  std::string fault;                             ///< why the answers cannot be read; empty: they can
};

/// `directory` is the mirror. Tables that no decision asks are left out.
ComparedAnswers compare_answers(const std::filesystem::path& directory, const LoadedRelay& data);

}  // namespace shorthop::tool
