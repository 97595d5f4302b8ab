#include "cli/json_backup.hpp"

#include "cli/json_parts.hpp"

namespace cli {
namespace {

Json parts_list(const backup::Manifest& manifest) {
  Json list = Json::array();
  for (const backup::Part& part : manifest.parts)
    list.push_back({{"file", part.file},
                    {"kind", backup::name(part.kind)},
                    {"database", or_null(part.database)},
                    {"engine", or_null(part.engine)},
                    {"size", part.packed.size},
                    {"packed_size", part.packed.packed},
                    {"sha256", part.packed.sha256}});
  return list;
}

Json entry_object(const backup::Entry& entry, const std::string& path) {
  const backup::Manifest& manifest = entry.manifest;
  Json json = {{"name", entry.name},
               {"path", path},
               {"made_at", time_or_null(manifest.made)},
               {"size", manifest.size()},
               {"trigger", or_null(manifest.trigger)},
               {"run", id_or_null(manifest.run)},
               {"by", or_null(manifest.by)},
               {"host", or_null(manifest.host)},
               {"reason", or_null(manifest.reason)},
               {"encrypted", manifest.locked.by != core::Encrypt::none},
               {"without", manifest.without},
               {"parts", parts_list(manifest)},
               {"fault", nullptr}};
  if (entry.fault) json["fault"] = {{"file", entry.fault->file}, {"what", entry.fault->what}};
  return json;
}

}  // namespace

std::string made_backup_json(const MadeBackup& made, const std::string& path) {
  Json json = entry_object({made.name, made.manifest, {}}, path);
  json["scripts"] = made.scripts;
  json["pruned"] = made.pruned;
  json["warnings"] = made.warnings;
  return dump(json);
}

std::string backups_json(const backup::Vault& vault, const std::vector<backup::Entry>& entries) {
  Json json = Json::array();
  for (const backup::Entry& entry : entries) json.push_back(entry_object(entry, vault.path_of(entry.name)));
  return dump(json);
}

std::string verified_json(const std::vector<Verified>& all) {
  Json json = Json::array();
  for (const Verified& one : all) {
    Json faults = Json::array();
    for (const backup::Fault& fault : one.faults) faults.push_back({{"file", fault.file}, {"what", fault.what}});
    json.push_back({{"name", one.entry.name},
                    {"whole", one.faults.empty()},
                    {"decrypted", one.decrypted},
                    {"size", one.entry.manifest.size()},
                    {"faults", std::move(faults)}});
  }
  return dump(json);
}

std::string put_back_json(const backup::Entry& entry, const PutBackReport& report) {
  Json json = {{"name", entry.name}, {"restored", Json::array()}};
  for (const PutBack& put : report.all)
    json["restored"].push_back({{"what", put.what},
                                {"how", put.how == PutBack::How::restored ? "restored"
                                        : put.how == PutBack::How::same   ? "same"
                                                                          : "beside"},
                                {"kept", or_null(put.how == PutBack::How::restored ? put.kept : "")},
                                {"restored_as", or_null(put.how == PutBack::How::beside ? put.kept : "")}});
  json["scripts"] = {{"written", report.written}, {"moved", report.moved}, {"left", report.left}};
  return dump(json);
}

}  // namespace cli
