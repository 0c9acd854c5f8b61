// Walks a list to its end with urql, page by page, by GET: prints how many items there were and at which positions.
import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";

const client = new Client({
  url: process.argv[2],
  preferGetMethod: "force",
  exchanges: [cacheExchange, fetchExchange],
});
const Page = gql`
  query Page($after: String) {
    archive {
      position
      items(first: 100, after: $after) {
        totalCount
        nodes { id title publishedOn }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`;
const ids = new Set();
const positions = new Set();
let after = null;
let total = 0;
do {
  const { data, error } = await client.query(Page, { after }).toPromise();
  if (error) throw error;
  const { position, items } = data.archive;
  positions.add(position);
  items.nodes.forEach((node) => ids.add(node.id));
  total = items.totalCount;
  after = items.pageInfo.hasNextPage ? items.pageInfo.endCursor : null;
} while (after !== null);
const { error } = await client.query(gql`{ archive { nothingOfThatName } }`, {}).toPromise();
console.log(JSON.stringify({ ids: ids.size, positions: [...positions], total, refused: error?.graphQLErrors[0]?.extensions?.code }));
