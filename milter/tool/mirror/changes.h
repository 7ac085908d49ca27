// What changes from one generation of a mirror to the next: entries of tables, and decisions about recipients.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tool/mirror/loaded_mirror.h"

namespace shorthop::tool {

struct TableChange {
  std::string table;  ///< as the primary names it
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
};

struct RecipientChange {
  std::string recipient;
  std::string before;  ///< "keep primary-mailbox", "rewrite all-local ann@example.com"; "-" if there was no generation
  std::string now;
};

struct Changes {
  std::vector<TableChange> tables;  ///< those that changed
  std::size_t recipients = 0;       ///< all that were followed
  std::size_t rewritten = 0;        ///< how many of these are rewritten now
  std::size_t keep_to_rewrite = 0;
  std::size_t rewrite_to_keep = 0;
  std::size_t otherwise = 0;              ///< other targets, or another reason to keep
  std::vector<RecipientChange> examples;  ///< the first recipients that change
  bool is_partial = false;                ///< not all recipients were followed
};

/// `before`: null if there is no generation in force.
Changes changes_between(const LoadedMirror* before, const LoadedMirror& now);

}  // namespace shorthop::tool
