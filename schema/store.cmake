# Data at rest: the database and the state directory.
set(valhalla_embedded_sql ${PROJECT_BINARY_DIR}/generated/schema/embedded_sql.hpp)
file(GLOB valhalla_migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
add_custom_command(
  OUTPUT ${valhalla_embedded_sql}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${valhalla_embedded_sql} -DMIGRATIONS_DIR=${CMAKE_CURRENT_SOURCE_DIR}/migrations
          -DSCHEMA=${CMAKE_CURRENT_SOURCE_DIR}/schema.sql -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_sql.cmake
  DEPENDS ${valhalla_migrations} ${CMAKE_CURRENT_SOURCE_DIR}/schema.sql
          ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_sql.cmake
  VERBATIM)

add_library(valhalla_schema STATIC
  ${valhalla_embedded_sql}
  access_store.cpp
  audit_log.cpp
  audit_run.cpp
  audit_search.cpp
  cone_store.cpp
  connection.cpp
  database_copy.cpp
  epoch_store.cpp
  health_store.cpp
  instance_store.cpp
  integrity.cpp
  ledger_store.cpp
  log_folder.cpp
  migrations.cpp
  name_dictionary.cpp
  postings.cpp
  progress_store.cpp
  projection.cpp
  reader.cpp
  request_key_store.cpp
  session_store.cpp
  span_store.cpp
  state_dir.cpp
  state_watch.cpp
  statement.cpp
  stored_words.cpp
  threshold_store.cpp
  tree_reader.cpp
  tree_store.cpp
  witness_store.cpp)
target_link_libraries(valhalla_schema
  PUBLIC valhalla_model valhalla_proof
  PRIVATE valhalla_base SQLiteCpp SQLite::SQLite3 OpenSSL::Crypto fmt::fmt)
