// SPDX-License-Identifier: MIT

// The same work with Go's net/http: CONNECTIONS goroutines share one client
// that keeps as many connections, and read each body to its end.
//
//	nethttp URL REQUESTS CONNECTIONS
//
// prints one line of JSON; exit code 1 when a request failed.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func fetch(client *http.Client, url string) (int64, bool) {
	response, err := client.Get(url)
	if err != nil {
		return 0, false
	}
	defer response.Body.Close()
	length, err := io.Copy(io.Discard, response.Body)
	return length, err == nil && response.StatusCode == 200
}

func main() {
	var requests, connections int64
	if len(os.Args) == 4 {
		requests, _ = strconv.ParseInt(os.Args[2], 10, 64)
		connections, _ = strconv.ParseInt(os.Args[3], 10, 64)
	}
	if requests < 1 || connections < 1 {
		fmt.Fprintln(os.Stderr, "usage: nethttp URL REQUESTS CONNECTIONS")
		os.Exit(2)
	}
	transport := &http.Transport{
		MaxIdleConnsPerHost: int(connections),
		MaxConnsPerHost:     int(connections),
	}
	client := &http.Client{Transport: transport}
	var started, failed, bytes int64
	var workers sync.WaitGroup
	begun := time.Now()
	for i := int64(0); i < connections; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for atomic.AddInt64(&started, 1) <= requests {
				length, good := fetch(client, os.Args[1])
				atomic.AddInt64(&bytes, length)
				if !good {
					atomic.AddInt64(&failed, 1)
				}
			}
		}()
	}
	workers.Wait()
	fmt.Printf("{\"requests\":%d,\"failed\":%d,\"bytes\":%d,\"wall_s\":%.6f}\n",
		requests, failed, bytes, time.Since(begun).Seconds())
	if failed > 0 {
		os.Exit(1)
	}
}
