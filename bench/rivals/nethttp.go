// SPDX-License-Identifier: MIT

// The same work with Go's net/http: CONNECTIONS goroutines share one client
// that keeps as many connections, and read each body to its end.
//
//	nethttp [-ca FILE] [-post BYTES] URL REQUESTS CONNECTIONS
//
// trusts FILE besides, sends so many bytes by POST, and prints one line of JSON; exit code 1 when a request failed.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func ask(client *http.Client, url string, body []byte) (*http.Response, error) {
	if body == nil {
		return client.Get(url)
	}
	return client.Post(url, "application/octet-stream",
		bytes.NewReader(body))
}

func fetch(client *http.Client, url string, body []byte) (int64, bool) {
	response, err := ask(client, url, body)
	if err != nil {
		return 0, false
	}
	defer response.Body.Close()
	length, err := io.Copy(io.Discard, response.Body)
	return length, err == nil && response.StatusCode == 200
}

// The certificates of a file, or nil for the system's.
func trusted(file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	pool := x509.NewCertPool()
	text, err := os.ReadFile(file)
	if err != nil || !pool.AppendCertsFromPEM(text) {
		fmt.Fprintln(os.Stderr, "nethttp: no certificates in", file)
		os.Exit(2)
	}
	return pool
}

func main() {
	ca := flag.String("ca", "", "certificates to trust")
	post := flag.Int("post", 0, "bytes to send")
	flag.Parse()
	var requests, connections int64
	if flag.NArg() == 3 {
		requests, _ = strconv.ParseInt(flag.Arg(1), 10, 64)
		connections, _ = strconv.ParseInt(flag.Arg(2), 10, 64)
	}
	if requests < 1 || connections < 1 {
		fmt.Fprintln(os.Stderr, "usage: nethttp [-ca FILE] [-post BYTES] "+
			"URL REQUESTS CONNECTIONS")
		os.Exit(2)
	}
	url := flag.Arg(0)
	var body []byte
	if *post > 0 {
		body = bytes.Repeat([]byte("a"), *post)
	}
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: trusted(*ca)},
		MaxIdleConnsPerHost: int(connections),
		MaxConnsPerHost:     int(connections),
	}
	client := &http.Client{Transport: transport}
	var started, failed, received int64
	var workers sync.WaitGroup
	begun := time.Now()
	for i := int64(0); i < connections; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for atomic.AddInt64(&started, 1) <= requests {
				length, good := fetch(client, url, body)
				atomic.AddInt64(&received, length)
				if !good {
					atomic.AddInt64(&failed, 1)
				}
			}
		}()
	}
	workers.Wait()
	fmt.Printf("{\"requests\":%d,\"failed\":%d,\"bytes\":%d,\"wall_s\":%.6f}\n",
		requests, failed, received, time.Since(begun).Seconds())
	if failed > 0 {
		os.Exit(1)
	}
}
