# Data at rest: the files that come in and go out.
target_sources(valhalla_schema PRIVATE
  atomic_file.cpp
  backup_dir.cpp
  document_spool.cpp
  export.cpp
  file_access.cpp
  import.cpp
  import_directory.cpp
  import_documents.cpp
  import_fields.cpp
  import_log.cpp
  import_manifest.cpp
  import_parts.cpp
  live_export.cpp
  own_directory.cpp
  signing_key_file.cpp
  trail_file.cpp)
