// What an import prints: as text, and as one JSON object.
#pragma once

#include <string>
#include <vector>

#include "load/mirror/manifest.h"
#include "tool/mirror/changes.h"
#include "tool/mirror/primary_answers.h"

namespace shorthop::tool {

struct ImportReport {
  std::string relay;
  Manifest manifest;
  std::string before;  ///< name of the generation that was in force; empty: there was none
  std::string now;     ///< name of the one in force now; empty: nothing was changed
  Changes changes;
  ComparedAnswers answers;
  std::size_t warnings = 0;  ///< how many warnings the load gave
};

std::string report_text(const ImportReport& report);
std::string report_json(const ImportReport& report);

/// The lines about answers of the primary that differ from ours.
std::string different_answers_text(const ComparedAnswers& answers);

}  // namespace shorthop::tool
