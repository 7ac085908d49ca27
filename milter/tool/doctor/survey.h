// Statistics over many recipients of one primary, and the ends of their chains that are not mailboxes, each with its
// table and line. No I/O.
// Not here: the result for one recipient (resolve.h, session/decision.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "mail/address.h"
#include "primary/resolution.h"

namespace shorthop {

/// An end of an alias chain, and the entry that leads there.
struct SurveyedEnd {
  LeafKind kind = LeafKind::lookup_failed;
  std::string address;    ///< address of the leaf, or the special target
  std::string detail;     ///< detail of the leaf
  std::string recipient;  ///< the first recipient that leads there
  std::string table;      ///< table of the last step before the end; empty: the recipient itself is the end
  std::uint32_t line = 0;
};

/// The recipients that are kept because of one thing that is not in the mirror.
struct MissingPart {
  std::string first;
  std::size_t recipients = 0;
};

class Survey {
 public:
  /// Whether the recipient was not added yet.
  bool is_new(const Address& recipient) const { return !seen_.contains(recipient.key()); }
  /// Adds a recipient with its whole tree, whose steps must be recorded. `kept_for` is the reason to keep it; empty if
  /// it is replaced.
  void add(const Address& recipient, const Resolution& resolution, std::string_view kept_for);

  std::size_t recipients() const { return seen_.size(); }
  /// The number of recipients that are replaced.
  std::size_t rewritten() const { return rewritten_; }
  /// The reasons for keeping the others, each with the number of recipients.
  const std::map<std::string, std::size_t>& kept() const { return kept_; }
  /// Ends that are not a mailbox on either host, once for each entry: unknown users, loops, foreign addresses.
  const std::vector<SurveyedEnd>& ends() const { return ends_; }
  /// What is not in the mirror (the detail of LeafKind::not_mirrored), with the recipients that lead there.
  const std::map<std::string, MissingPart>& missing() const { return missing_; }

 private:
  void note_end(const Leaf& leaf, const Resolution& resolution, const std::string& recipient);
  void note_missing(const std::vector<Leaf>& leaves, const std::string& recipient);

  std::set<std::string> seen_;
  std::size_t rewritten_ = 0;
  std::map<std::string, std::size_t> kept_;
  std::vector<SurveyedEnd> ends_;
  std::map<std::string, MissingPart> missing_;
  std::set<std::tuple<LeafKind, std::string, std::string, std::uint32_t>> noted_;
};

}  // namespace shorthop
