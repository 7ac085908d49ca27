// SHA-256 (FIPS 180-4) of bytes that come in parts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace shorthop::tool {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256(Sha256&&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& operator=(Sha256&&) = delete;

  void add(std::string_view bytes);
  /// 64 hexadecimal digits, small letters. Nothing may be added after that.
  std::string digits();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shorthop::tool
