#include "tables/types/backends.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "system/child_output.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

std::expected<std::string, std::string> ask_postconf(const std::string& directory, std::vector<std::string> words) {
  if (directory.empty()) return std::unexpected("postfix-config is none");
  const std::string program = find_program("postconf");
  if (program.empty()) return std::unexpected("postconf was not found on this host");
  words.insert(words.begin(), {"-c", directory});
  auto output = child_output(program, words);
  if (!output) return std::unexpected(std::move(output.error().what));
  return std::move(*output);
}

PostfixTypes types_of(const std::string& directory) {
  const auto output = ask_postconf(directory, {"-m"});
  if (!output) return std::unexpected(output.error());
  std::set<std::string, std::less<>> types;
  for (const std::string_view line : lines_of(*output)) types.emplace(trimmed(line));
  return types;
}

}  // namespace

std::shared_ptr<const DeadlineLookups> Backends::lookups(const std::string& table, DeadlineLookups::Ask ask) {
  const std::lock_guard lock(mutex_);
  auto& known = lookups_[table];
  if (known == nullptr) {
    known = std::make_shared<const DeadlineLookups>(std::move(ask));
  } else {
    known->forget();  // a load must see the present data
  }
  return known;
}

std::shared_ptr<LiveAnswers> Backends::answers(const std::string& table, std::string_view parameters) {
  const std::lock_guard lock(mutex_);
  KeptAnswers& known = answers_[table];
  if (known.answers == nullptr || known.parameters != parameters) {
    const LiveCounts counts = known.answers == nullptr ? LiveCounts() : known.answers->counts();
    known.parameters = parameters;
    known.answers = std::make_shared<LiveAnswers>(settings_.limits, counts);
  }
  known.answers->renew(settings_.limits);  // a load must see the present data
  return known.answers;
}

std::shared_ptr<Connections> Backends::connections(const std::string& table, const Renew& renew) {
  const std::lock_guard lock(mutex_);
  auto& known = connections_[table];
  known = renew(known);
  return known;
}

void Backends::close_idle_connections() {
  std::vector<std::shared_ptr<Connections>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [table, known] : connections_) all.push_back(known);
  }
  const auto now = std::chrono::steady_clock::now();
  for (const auto& known : all) known->close_idle(now);
}

void Backends::use(const LiveSettings& settings) {
  const std::lock_guard lock(mutex_);
  // The tables of the data in force share these objects. An entry without another owner belongs to a table that is
  // gone.
  std::erase_if(connections_, [](const auto& known) { return known.second.use_count() == 1; });
  std::erase_if(answers_, [](const auto& known) { return known.second.answers.use_count() == 1; });
  settings_ = settings;
  types_.reset();
  queue_directory_.reset();
}

LiveSettings Backends::live_settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

PostfixTypes Backends::postfix_types() {
  const std::lock_guard lock(mutex_);
  if (!types_) types_ = types_of(settings_.postfix_config);
  return *types_;
}

std::string Backends::queue_directory() {
  const std::lock_guard lock(mutex_);
  if (!queue_directory_) {
    const auto output = ask_postconf(settings_.postfix_config, {"-x", "-h", "queue_directory"});
    const std::string directory(trimmed(output.value_or("")));
    const bool is_usable = directory.starts_with('/') && ::access(directory.c_str(), X_OK) == 0;
    queue_directory_ = is_usable ? directory : std::string();
  }
  return *queue_directory_;
}

std::vector<TableNews> Backends::table_news() {
  std::vector<TableNews> news;
  const std::lock_guard lock(mutex_);
  for (auto& [table, known] : answers_) {
    std::string failure = known.answers->take_failure();
    const bool fails = !failure.empty() || (known.is_reported_to_fail && !known.answers->is_answering());
    if (std::exchange(known.is_reported_to_fail, fails) != fails) news.push_back({table, std::move(failure)});
  }
  return news;
}

std::map<std::string, LiveCounts> Backends::live_counts() const {
  std::map<std::string, LiveCounts> counts;
  const std::lock_guard lock(mutex_);
  for (const auto& [table, known] : answers_) counts[table] = known.answers->counts();
  return counts;
}

}  // namespace shorthop
