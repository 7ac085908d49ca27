// Looks up keys in tables of any type that this host's Postfix supports, by its postmap(1), and lists the keys of a
// table if its type allows that. Used for single questions, not for each mail. The test double is a map.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "system/child_output.h"

namespace shorthop {

class PostfixTables {
 public:
  virtual ~PostfixTables() = default;
  /// The value of the key, or why the look-up failed. `table` is "type:name"; a leading "proxy:" is dropped.
  virtual std::expected<std::optional<std::string>, std::string> find(const std::string& table,
                                                                      const std::string& key) const = 0;
  /// All keys, or why they cannot be listed.
  virtual std::expected<std::vector<std::string>, std::string> keys(const std::string& table) const = 0;
};

class SystemPostfixTables final : public PostfixTables {
 public:
  explicit SystemPostfixTables(std::string config_directory) : directory_(std::move(config_directory)) {}
  std::expected<std::optional<std::string>, std::string> find(const std::string& table,
                                                              const std::string& key) const override;
  std::expected<std::vector<std::string>, std::string> keys(const std::string& table) const override;

 private:
  std::expected<std::string, ChildFailure> postmap(std::vector<std::string> words) const;

  std::string directory_;
};

}  // namespace shorthop
