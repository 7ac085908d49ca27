// What the types of tables keep from one load to the next: connections and threads outlive a reload.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tables/types/deadline_lookups.h"
#include "tables/types/live_answers.h"

namespace shorthop {

/// What the settings say about live tables.
struct LiveSettings {
  LiveLimits limits;
  std::string postfix_config = "/etc/postfix";  ///< the directory for postmap(1); empty: no Postfix is asked
};

/// Connections to the servers of one table.
class Connections {
 public:
  virtual ~Connections() = default;
  /// Closes connections that have been idle for too long.
  virtual void close_idle(std::chrono::steady_clock::time_point now) = 0;
};

/// A live table began to fail, or answers again.
struct TableNews {
  std::string table;
  std::string failure;  ///< empty: the table answers again
};

/// The types that this host's Postfix has (postconf -m), or why they are not known.
using PostfixTypes = std::expected<std::set<std::string, std::less<>>, std::string>;

/// The loader owns one and keeps it from load to load; the tables share it. Safe to use from several threads at once.
class Backends {
 public:
  /// The look-ups of the table of this name, with their threads; answers from before this call are dropped. `ask` is
  /// used if they do not exist yet.
  std::shared_ptr<const DeadlineLookups> lookups(const std::string& table, DeadlineLookups::Ask ask);
  /// The cache of the table of this name; answers from before this call are dropped. `parameters`: the text of its
  /// table file. If it has changed, a pause ends, and look-ups that still run with the old parameters are ignored;
  /// the counts of earlier look-ups are kept.
  std::shared_ptr<LiveAnswers> answers(const std::string& table, std::string_view parameters);

  /// Counts of look-ups of each live table, by its name.
  std::map<std::string, LiveCounts> live_counts() const;
  /// The changes since the last call. A table whose look-ups fail only sometimes counts as failing.
  std::vector<TableNews> table_news();

  /// The connections of the table of this name; no answers are dropped. `renew` gets the connections of the previous
  /// load, or null. It returns the connections to use from now on: the same ones, unless the settings of the table have
  /// changed.
  using Renew = std::function<std::shared_ptr<Connections>(const std::shared_ptr<Connections>& before)>;
  std::shared_ptr<Connections> connections(const std::string& table, const Renew& renew);
  /// To be called every few seconds.
  void close_idle_connections();

  /// Sets the settings of tables that are opened later. Drops connections and answers that no table uses any
  /// more.
  void use(const LiveSettings& settings);
  LiveSettings live_settings() const;
  /// Runs postconf at the first call after each use(), and keeps its answer.
  PostfixTypes postfix_types();
  /// The directory in which the programs of this host's Postfix run (queue_directory); "socketmap:unix:srs:x" names a
  /// socket there. Empty: it is not known, or cannot be entered. Runs postconf like postfix_types().
  std::string queue_directory();

 private:
  struct KeptAnswers {
    std::string parameters;
    std::shared_ptr<LiveAnswers> answers;
    bool is_reported_to_fail = false;
  };

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const DeadlineLookups>> lookups_;
  std::map<std::string, KeptAnswers> answers_;
  std::map<std::string, std::shared_ptr<Connections>> connections_;
  LiveSettings settings_;
  std::optional<PostfixTypes> types_;
  std::optional<std::string> queue_directory_;
};

}  // namespace shorthop
