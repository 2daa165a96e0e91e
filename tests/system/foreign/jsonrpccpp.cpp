// SPDX-License-Identifier: Apache-2.0
//
// libjson-rpc-cpp's client for Unix sockets: `METHOD PARAMS` in each line of the input, the result or the error in each
// line of the output. Written for its C++14.
#include <cstdlib>
#include <iostream>
#include <json/json.h>
#include <jsonrpccpp/client.h>
#include <jsonrpccpp/client/connectors/unixdomainsocketclient.h>
#include <string>

int main() {
    jsonrpc::UnixDomainSocketClient connector{std::getenv("VALHALLA_SOCKET")};
    jsonrpc::Client client{connector, jsonrpc::JSONRPC_CLIENT_V2};
    Json::FastWriter writer;
    Json::Reader reader;
    for (std::string line; std::getline(std::cin, line);) {
        const auto space = line.find(' ');
        Json::Value params;  // null: the library leaves them out
        if (space != std::string::npos) {
            reader.parse(line.substr(space + 1), params);
        }
        Json::Value out;
        try {
            out["result"] = client.CallMethod(line.substr(0, space), params);
        } catch (const jsonrpc::JsonRpcException& refused) {
            out["code"] = refused.GetCode();
            out["message"] = refused.GetMessage();
            out["data"] = refused.GetData();
        }
        std::cout << writer.write(out) << std::flush;
    }
}
