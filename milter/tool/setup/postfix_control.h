// Controls Postfix by postfix(1): asks whether it is running, reloads it. The test double records the calls.
#pragma once

#include <expected>
#include <string>

namespace shorthop::tool {

class PostfixControl {
 public:
  virtual ~PostfixControl() = default;
  virtual bool is_running() const = 0;
  /// Runs `postfix reload`; the error says why it failed.
  virtual std::expected<void, std::string> reload() const = 0;
};

class SystemPostfixControl final : public PostfixControl {
 public:
  explicit SystemPostfixControl(std::string config_directory) : directory_(std::move(config_directory)) {}
  bool is_running() const override;
  std::expected<void, std::string> reload() const override;

 private:
  std::string directory_;
};

}  // namespace shorthop::tool
