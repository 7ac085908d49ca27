// What the types of tables keep from one load to the next: connections and threads outlive a reload.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "tables/types/deadline_lookups.h"
#include "tables/types/live_answers.h"

namespace shorthop {

/// What the settings say about live tables.
struct LiveSettings {
  LiveLimits limits;
  std::string postfix_config = "/etc/postfix";  ///< the directory for postmap(1); empty: no Postfix is asked
};

/// The types that this host's Postfix has (postconf -m), or why that is not known.
using PostfixTypes = std::expected<std::set<std::string, std::less<>>, std::string>;

/// Whoever loads again and again owns one; tables share what is in it. Safe to use from several threads at once.
class Backends {
 public:
  /// The look-ups of the table of this name, with their threads. `ask` is for the first who wants them.
  std::shared_ptr<const DeadlineLookups> lookups(const std::string& table, DeadlineLookups::Ask ask);
  /// The answers of the table of this name; after a load they are forgotten.
  std::shared_ptr<LiveAnswers> answers(const std::string& table);

  /// What each live table was asked, by its name.
  std::map<std::string, LiveCounts> live_counts() const;

  /// For the tables that are opened from now on.
  void use(const LiveSettings& settings);
  LiveSettings live_settings() const;
  /// Asked once after each use().
  PostfixTypes postfix_types();

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const DeadlineLookups>> lookups_;
  std::map<std::string, std::shared_ptr<LiveAnswers>> answers_;
  LiveSettings settings_;
  std::optional<PostfixTypes> types_;
};

}  // namespace shorthop
