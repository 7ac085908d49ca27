// What would become of many recipients of one primary, counted, and the aliases that lead nowhere, each named once
// with its table and line. Pure: a check over the whole alias graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "primary/primary.h"
#include "primary/resolution.h"

namespace shorthop {

/// An end of an alias chain, and the entry that leads there.
struct SurveyedEnd {
  LeafKind kind = LeafKind::lookup_failed;
  std::string address;    ///< the leaf's, or the special target
  std::string detail;     ///< the leaf's
  std::string recipient;  ///< the first that leads there
  std::string table;      ///< of the last step before the end; empty: the recipient itself
  std::uint32_t line = 0;
};

class Survey {
 public:
  Survey(const Primary& primary, const LocalHost& host) : primary_(primary), host_(host) {}

  /// Follows one recipient; each counts once.
  void add(const Address& recipient);

  std::size_t recipients() const { return seen_.size(); }
  /// Those whose every end is a mailbox on this host.
  std::size_t rewritten() const { return rewritten_; }
  /// Why the others are kept: the first obstacle of each.
  const std::map<std::string_view, std::size_t>& kept() const { return kept_; }
  /// Mailboxes on this host that chains end in, folded.
  const std::set<std::string>& mailboxes() const { return mailboxes_; }
  /// Ends that are not a mailbox on either host, each once for its entry: unknown users, loops, foreign addresses.
  const std::vector<SurveyedEnd>& ends() const { return ends_; }

 private:
  void note_end(const Leaf& leaf, const Resolution& resolution, const std::string& recipient);

  const Primary& primary_;
  const LocalHost& host_;
  std::set<std::string> seen_;
  std::size_t rewritten_ = 0;
  std::map<std::string_view, std::size_t> kept_;
  std::set<std::string> mailboxes_;
  std::vector<SurveyedEnd> ends_;
  std::set<std::tuple<LeafKind, std::string, std::string, std::uint32_t>> noted_;
};

}  // namespace shorthop
