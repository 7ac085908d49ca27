// Open predictions and refuted recipients as a file in the directory of the setting `state`.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "session/predictions.h"
#include "session/refutations.h"
#include "system/file_reader.h"

namespace shorthop {

inline constexpr const char* prediction_file = "predictions";

/// One line for each fact, its fields separated by tabs.
std::string encoded_predictions(const Predictions& predictions, const Refutations& refutations);

/// Adds the facts in the text. Lines that encoded_predictions() would not write are ignored.
void decode_predictions(std::string_view text, Predictions& predictions, Refutations& refutations);

/// The refuted recipients that the daemon has remembered in this directory.
std::shared_ptr<const Refutations> remembered_refutations(const std::string& directory, const FileReader& files);

}  // namespace shorthop
