// Loads one relay from its settings: the primary's rules, its opened tables, and the files that they came from.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "load/data_files.h"
#include "load/entry_counts.h"
#include "postfix/inbound/inbound_mail.h"
#include "session/snapshot.h"
#include "settings/settings.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

class Backends;

/// The data of a relay from one load. Problems are never fatal: unreadable data only disables what depends on it.
struct LoadedRelay {
  std::shared_ptr<Relay> relay;
  DataFiles files;
  EntryCounts entries;
  std::vector<std::shared_ptr<const Table>> live_tables{};  ///< the live tables that it uses
  std::optional<InboundMail> inbound;                       ///< what the primary does to mail; absent: no mirror
  std::string torn;  ///< why this load must not be put into force; empty: it may be
  /// A mirror's tables, by the primary's names.
  std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables;
  std::string parameters_file;  ///< the one of `files` that table-parameters names; it has no alias data; empty: none
  bool is_stamped = false;  ///< a mirror with a stamp: `files` has only the stamp, and its time counts as the data's
  /// Why a key may exist on the primary although the tables here lack it; empty: the tables here are complete.
  std::string why_incomplete = "the relay has no mirror";
  std::string observe_only;  ///< why its recipients are only observed; empty: they may be replaced
  Diagnostics diagnostics;
};

LoadedRelay load_relay(const RelaySettings& settings, const FileReader& files, Backends& backends);

/// The newest file or table that was read, and its time. Data without files is never stale; data whose files all have
/// implausible times is always stale.
NewestData newest_data_of(const LoadedRelay& data);

}  // namespace shorthop
